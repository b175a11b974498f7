PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE allocations (
        id INTEGER PRIMARY KEY,
        context_id INTEGER NOT NULL REFERENCES contexts (id) ON DELETE CASCADE,
        service TEXT NOT NULL,
        container_port INTEGER NOT NULL CHECK (container_port BETWEEN 0 AND 65535),
        protocol TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        kind TEXT NOT NULL,
        port INTEGER NOT NULL UNIQUE CHECK (port BETWEEN 1 AND 65535),
        variable TEXT,
        created_at INTEGER NOT NULL,
        UNIQUE (context_id, service, container_port, protocol, ordinal),
        UNIQUE (context_id, variable)
    ) STRICT;
INSERT INTO "allocations" VALUES(1,1,'postgres',5432,'tcp',0,'postgres',5432,'POSTGRES_PORT',1790000000);
INSERT INTO "allocations" VALUES(2,1,'web',0,'tcp',0,'default',5000,'WEB_PORT',1790000000);
CREATE TABLE contexts (
        id INTEGER PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        identity BLOB NOT NULL,
        path BLOB NOT NULL,
        label TEXT NOT NULL,
        remote TEXT,
        branch TEXT,
        subdir TEXT,
        project_name TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        used_at INTEGER NOT NULL,
        UNIQUE (identity, path)
    ) STRICT;
INSERT INTO "contexts" VALUES(1,'328aeca1a313',X'68747470733A2F2F6769742E6578616D706C652E6F72672F73686F702E6769743A6D61696E',X'2F686F6D652F757365722F73686F70','shop/main','https://git.example.org/shop.git','main',NULL,'shop-main',1790000000,1790000000);
CREATE TABLE fixed_names (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        context_id INTEGER NOT NULL REFERENCES contexts (id) ON DELETE CASCADE,
        PRIMARY KEY (kind, name)
    ) STRICT;
INSERT INTO "fixed_names" VALUES('container','shop_db',1);
CREATE TABLE pruned_allocations (
        id INTEGER PRIMARY KEY,
        context_id INTEGER NOT NULL REFERENCES pruned_contexts (id) ON DELETE CASCADE,
        service TEXT NOT NULL,
        container_port INTEGER NOT NULL,
        protocol TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        kind TEXT NOT NULL,
        port INTEGER NOT NULL,
        variable TEXT,
        created_at INTEGER NOT NULL
    ) STRICT;
CREATE TABLE pruned_contexts (
        id INTEGER PRIMARY KEY,
        hash TEXT NOT NULL,
        identity BLOB NOT NULL,
        path BLOB NOT NULL,
        label TEXT NOT NULL,
        remote TEXT,
        branch TEXT,
        subdir TEXT,
        project_name TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        used_at INTEGER NOT NULL
    ) STRICT;
CREATE TABLE ranges (
        service TEXT PRIMARY KEY,
        first INTEGER NOT NULL CHECK (first BETWEEN 1 AND 65535),
        last INTEGER NOT NULL CHECK (last BETWEEN first AND 65535)
    ) STRICT;
INSERT INTO "ranges" VALUES('mailpit',8025,8050);
CREATE TABLE reserves (
        first INTEGER NOT NULL CHECK (first BETWEEN 1 AND 65535),
        last INTEGER NOT NULL CHECK (last BETWEEN first AND 65535),
        PRIMARY KEY (first, last)
    ) STRICT;
INSERT INTO "reserves" VALUES(9000,9010);
PRAGMA application_id = 1735292018;
CREATE INDEX fixed_names_by_context ON fixed_names (context_id);
CREATE TABLE projects (
        id INTEGER PRIMARY KEY,
        hostname TEXT NOT NULL UNIQUE,
        path BLOB NOT NULL UNIQUE,
        directory BLOB NOT NULL,
        http_service TEXT NOT NULL,
        scan TEXT NOT NULL,
        registered_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        started_at INTEGER,
        status_changed_at INTEGER
    ) STRICT;
INSERT INTO "projects" VALUES(1,'shop',X'2F7372632F73686F70',X'2F7372632F73686F70','web','{"kind":"compose","services":["postgres","web"],"ports":[{"service":"web","container_port":80,"protocol":"tcp","published":"$WEB_PORT"}],"exposed":[]}',1700000000,1700000000,NULL,NULL);
CREATE TABLE trusted (
        path BLOB PRIMARY KEY,
        content BLOB NOT NULL
    ) STRICT;
CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT;
INSERT INTO settings VALUES('tld','localhost');
PRAGMA user_version = 4;
COMMIT;
