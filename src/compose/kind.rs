//! What a service is, judged by its image, then its name, then its port.

use crate::model::{Kind, Port};

/// Words of an image's repository or of a service's name; where a name holds several, the first of this list counts.
const WORDS: [(&str, Kind); 29] = [
    ("postgres", Kind::POSTGRES),
    ("postgresql", Kind::POSTGRES),
    ("postgis", Kind::POSTGRES),
    ("pgvector", Kind::POSTGRES),
    ("pgvecto", Kind::POSTGRES),
    ("timescaledb", Kind::POSTGRES),
    ("paradedb", Kind::POSTGRES),
    ("pgsql", Kind::POSTGRES),
    ("pg", Kind::POSTGRES),
    ("mongo", Kind::MONGODB),
    ("mongodb", Kind::MONGODB),
    ("ferretdb", Kind::MONGODB),
    ("mysql", Kind::MYSQL),
    ("mariadb", Kind::MYSQL),
    // Behind `mongodb`: there is a `percona-server-mongodb`.
    ("percona", Kind::MYSQL),
    ("redis", Kind::REDIS),
    ("valkey", Kind::REDIS),
    ("keydb", Kind::REDIS),
    ("dragonfly", Kind::REDIS),
    ("elasticsearch", Kind::ELASTICSEARCH),
    ("elastic", Kind::ELASTICSEARCH),
    ("opensearch", Kind::ELASTICSEARCH),
    ("meilisearch", Kind::MEILISEARCH),
    ("meili", Kind::MEILISEARCH),
    ("rabbitmq", Kind::RABBITMQ),
    ("rabbit", Kind::RABBITMQ),
    ("lavinmq", Kind::RABBITMQ),
    ("kafka", Kind::KAFKA),
    ("redpanda", Kind::KAFKA),
];

/// Words that tell of something beside the database that the name also holds.
const BESIDE: [&str; 6] = ["exporter", "dashboards", "admin", "ui", "express", "commander"];

/// The kind of a service's container port. A database's web console (RabbitMQ's 15672) is `http`.
pub(super) fn kind_of(image: Option<&str>, service: &str, container_port: Port) -> Kind {
    if Kind::is_web_port(container_port) {
        return Kind::HTTP;
    }
    let by_image = image.and_then(|image| by_words(repository(image)));
    by_image.or_else(|| by_words(service)).unwrap_or_else(|| by_port(container_port))
}

/// The repository's last path component, without registry, tag and digest.
fn repository(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last)
}

fn by_words(name: &str) -> Option<Kind> {
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()))
        .collect();
    if words.iter().any(|word| BESIDE.contains(word)) {
        return None;
    }
    WORDS.into_iter().find(|(word, _)| words.contains(word)).map(|(_, kind)| kind)
}

fn by_port(port: Port) -> Kind {
    match port.number() {
        5432 => Kind::POSTGRES,
        3306 => Kind::MYSQL,
        6379 => Kind::REDIS,
        27017 => Kind::MONGODB,
        9200 => Kind::ELASTICSEARCH,
        7700 => Kind::MEILISEARCH,
        5672 => Kind::RABBITMQ,
        9092 => Kind::KAFKA,
        _ => Kind::DEFAULT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_then_name_then_port() {
        #[track_caller]
        fn check(image: &str, service: &str, port: u16, expected: &str) {
            let image = Some(image).filter(|image| !image.is_empty());
            let kind = kind_of(image, service, Port::new(port).expect("a port"));
            assert_eq!(kind.as_str(), expected, "{image:?} {service} {port}");
        }
        for image in [
            "postgres",
            "postgres:16-alpine",
            "docker.io/library/postgres@sha256:00",
            "localhost:5000/me/postgres:1",
            "postgis/postgis:16-3.4",
            "pgvector/pgvector:pg16",
            "timescale/timescaledb-ha:pg16",
            "bitnami/postgresql",
            "tensorchord/pgvecto-rs",
        ] {
            check(image, "a", 1234, "postgres");
        }
        check("mysql/mysql-server:8.0", "a", 1, "mysql");
        check("mariadb:11", "a", 1, "mysql");
        check("percona", "a", 1, "mysql");
        check("percona/percona-server-mongodb:7", "a", 27017, "mongodb");
        check("valkey/valkey:8", "a", 1, "redis");
        check("redis/redis-stack", "a", 6379, "redis");
        check("redis/redis-stack", "a", 8001, "http");
        check("mongo:7", "a", 1, "mongodb");
        check("opensearchproject/opensearch:2", "a", 9200, "elasticsearch");
        check("docker.elastic.co/elasticsearch/elasticsearch:8", "a", 9300, "elasticsearch");
        check("docker.elastic.co/kibana/kibana:8", "a", 5601, "http");
        check("getmeili/meilisearch:v1", "a", 7700, "meilisearch");
        check("rabbitmq:3-management", "a", 5672, "rabbitmq");
        check("rabbitmq:3-management", "a", 15672, "http");
        check("confluentinc/cp-kafka:7", "a", 29092, "kafka");
        check("redpandadata/redpanda", "a", 9644, "kafka");
        check("prometheuscommunity/postgres-exporter", "a", 9187, "default");
        check("dpage/pgadmin4", "a", 80, "http");
        check("phpmyadmin", "a", 80, "http");
        check("mongo-express", "a", 8081, "http");
        check("me/app", "postgres", 1, "postgres");
        check("", "my_redis-2", 1, "redis");
        check("", "db", 5432, "postgres");
        check("", "db", 3306, "mysql");
        check("", "web", 3000, "http");
        check("", "web", 4200, "http");
        check("", "dns", 53, "default");
    }
}
