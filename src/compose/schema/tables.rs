//! The attributes of the Compose Specification as of 2026, by their shape. A part that has nothing to do with how
//! services are reached (the options of `logging`, of `deploy.resources` …) may be any mapping.

use super::Shape::{
    self, Anything, Attributes, Count, Dictionary, Either, Flag, ListOf, Named, Number, OneOf, OrNull, Text,
    TextOrTexts, Texts,
};

/// The top level of a file.
pub(super) const FILE: Shape = Attributes(&[
    (Text, &["version", "name"]),
    (Named(&SERVICE), &["services"]),
    (Named(&OrNull(&NETWORK)), &["networks"]),
    (Named(&OrNull(&VOLUME)), &["volumes"]),
    (Named(&SECRET), &["secrets", "configs"]),
    (Named(&MODEL), &["models"]),
]);

const SERVICE: Shape = Attributes(&[
    (
        Text,
        &[
            "cgroup",
            "cgroup_parent",
            "container_name",
            "cpuset",
            "domainname",
            "hostname",
            "image",
            "ipc",
            "isolation",
            "mac_address",
            "network_mode",
            "platform",
            "pull_policy",
            "pull_refresh_after",
            "restart",
            "runtime",
            "stop_grace_period",
            "stop_signal",
            "user",
            "userns_mode",
            "uts",
            "working_dir",
        ],
    ),
    (Flag, &["attach", "init", "oom_kill_disable", "privileged", "read_only", "stdin_open", "tty", "use_api_socket"]),
    (
        Number,
        &[
            "cpu_period",
            "cpu_quota",
            "cpu_rt_period",
            "cpu_rt_runtime",
            "mem_limit",
            "mem_reservation",
            "memswap_limit",
            "shm_size",
        ],
    ),
    (
        Count,
        &["cpu_count", "cpu_percent", "cpu_shares", "cpus", "mem_swappiness", "oom_score_adj", "pids_limit", "scale"],
    ),
    (
        Texts,
        &[
            "cap_add",
            "cap_drop",
            "device_cgroup_rules",
            "dns_opt",
            "external_links",
            "links",
            "profiles",
            "security_opt",
            "volumes_from",
        ],
    ),
    (TextOrTexts, &["dns", "dns_search", "label_file", "tmpfs"]),
    (OrNull(&TextOrTexts), &["command", "entrypoint"]),
    (OrNull(&Text), &["pid"]),
    (Dictionary, &["annotations", "environment", "labels", "sysctls"]),
    (ListOf(&Number), &["expose", "group_add"]),
    (Either(&[Named(&TextOrTexts), Texts]), &["extra_hosts"]),
    (Either(&[Text, BUILD]), &["build"]),
    (Either(&[Text, ListOf(&FILE_REFERENCE)]), &["env_file"]),
    (Either(&[Texts, Named(&DEPENDENCY)]), &["depends_on"]),
    (Either(&[Texts, Named(&OrNull(&ATTACHMENT))]), &["networks"]),
    (Either(&[Texts, Named(&Anything)]), &["models"]),
    (Either(&[Text, Attributes(&[(Text, &["service!", "file"])])]), &["extends"]),
    (ListOf(&PORT), &["ports"]),
    (ListOf(&Either(&[Text, MOUNT])), &["volumes"]),
    (ListOf(&Either(&[Text, RESOURCE])), &["configs", "secrets"]),
    (ListOf(&Either(&[Text, Attributes(&[(Text, &["source!", "target", "permissions"])])])), &["devices"]),
    (Named(&Either(&[Number, Attributes(&[(Count, &["soft!", "hard!"])])])), &["ulimits"]),
    (Named(&Anything), &["blkio_config", "credential_spec", "logging", "provider", "storage_opt"]),
    (DEPLOY, &["deploy"]),
    (Attributes(&[(ListOf(&Named(&Anything)), &["watch"])]), &["develop"]),
    (HEALTHCHECK, &["healthcheck"]),
    (ListOf(&Named(&Anything)), &["pre_start", "post_start", "pre_stop"]),
    (Either(&[Text, ListOf(&Named(&Anything))]), &["gpus"]),
]);

const PORT: Shape = Either(&[
    Number,
    Attributes(&[(Text, &["name", "mode", "host_ip", "protocol", "app_protocol"]), (Number, &["target", "published"])]),
]);

const BUILD: Shape = Attributes(&[
    (Text, &["context", "dockerfile", "dockerfile_inline", "network", "target", "isolation"]),
    (Flag, &["no_cache", "pull", "privileged", "provenance", "sbom"]),
    (Number, &["shm_size"]),
    (Texts, &["entitlements", "cache_from", "cache_to", "tags", "platforms"]),
    (TextOrTexts, &["no_cache_filter"]),
    (Dictionary, &["args", "ssh", "labels", "additional_contexts"]),
    (Anything, &["extra_hosts", "ulimits"]),
    (ListOf(&Either(&[Text, RESOURCE])), &["secrets"]),
]);

const FILE_REFERENCE: Shape = Either(&[Text, Attributes(&[(Text, &["path!", "format"]), (Flag, &["required"])])]);
const DEPENDENCY: Shape = Attributes(&[
    (OneOf(&["service_started", "service_healthy", "service_completed_successfully"]), &["condition!"]),
    (Flag, &["restart", "required"]),
]);
const RESOURCE: Shape = Attributes(&[(Text, &["source", "target", "uid", "gid"]), (Number, &["mode"])]);

const ATTACHMENT: Shape = Attributes(&[
    (Texts, &["aliases", "link_local_ips"]),
    (Text, &["interface_name", "ipv4_address", "ipv6_address", "mac_address"]),
    (Named(&Number), &["driver_opts"]),
    (Number, &["priority", "gw_priority"]),
]);

const MOUNT: Shape = Attributes(&[
    (OneOf(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"]), &["type!"]),
    (Text, &["source", "target", "consistency"]),
    (Flag, &["read_only"]),
    (Named(&Anything), &["bind", "volume", "tmpfs", "image"]),
]);

const DEPLOY: Shape = Attributes(&[
    (Text, &["mode", "endpoint_mode"]),
    (Count, &["replicas"]),
    (Dictionary, &["labels"]),
    (Named(&Anything), &["rollback_config", "update_config", "resources", "restart_policy", "placement"]),
]);

const HEALTHCHECK: Shape = Attributes(&[
    (Flag, &["disable"]),
    (Text, &["interval", "timeout", "start_period", "start_interval"]),
    (Count, &["retries"]),
    (TextOrTexts, &["test"]),
]);

const NETWORK: Shape = Attributes(&[
    (Text, &["name", "driver"]),
    (Named(&Number), &["driver_opts"]),
    (Named(&Anything), &["ipam"]),
    (EXTERNAL, &["external"]),
    (Flag, &["internal", "enable_ipv4", "enable_ipv6", "attachable"]),
    (Dictionary, &["labels"]),
]);

const VOLUME: Shape = Attributes(&[
    (Text, &["name", "driver"]),
    (Named(&Number), &["driver_opts"]),
    (EXTERNAL, &["external"]),
    (Dictionary, &["labels"]),
]);

const SECRET: Shape = Attributes(&[
    (Text, &["name", "environment", "file", "content", "driver", "template_driver"]),
    (EXTERNAL, &["external"]),
    (Dictionary, &["labels"]),
    (Named(&Number), &["driver_opts"]),
]);

const EXTERNAL: Shape = Either(&[Flag, Attributes(&[(Text, &["name"])])]);

const MODEL: Shape =
    Attributes(&[(Text, &["name", "model"]), (Number, &["context_size"]), (Texts, &["runtime_flags"])]);
