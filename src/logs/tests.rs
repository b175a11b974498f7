//! Lines as real programs write them, and their levels; and whatever bytes, from the stream to the form.

use proptest::prelude::*;

use super::detect::detect;
use super::lines::tests::{read_all, source};
use super::{Filter, Form, Formatter, Level, Levels, pattern};

use Level::{Debug, Error, Fatal, Info, Trace, Warn};

#[track_caller]
fn check(rows: &[(Level, &str)]) {
    for (expected, text) in rows {
        assert_eq!(detect(text.as_bytes()), Some(*expected), "{text}");
    }
}

#[test]
fn objects_say_their_level() {
    check(&[
        (Error, r#"{"level":"error","ts":1795248000.1,"caller":"main.go:10","msg":"failed"}"#),
        (Info, r#"{"level":30,"time":1795248000000,"pid":1,"hostname":"a","msg":"listening"}"#),
        (Fatal, r#"{"name":"app","hostname":"a","pid":1,"level":60,"msg":"gone","v":0}"#),
        (Warn, r#"{"severity":"WARNING","message":"level=error was said"}"#),
        (Error, r#"{"@timestamp":"2026-11-21T08:00:00.000Z","log.level":"ERROR","message":"x"}"#),
        (Info, r#"{"t":{"$date":"2026-11-21T08:00:00.000+00:00"},"s":"I",  "c":"NETWORK", "msg":"Listening"}"#),
        (Warn, r#"{"@level":"warn","@message":"x","@timestamp":"2026-11-21T08:00:00.000000Z"}"#),
        (Error, r#"{"time":"2026-11-21T08:00:00Z","level":"ERROR","msg":"x","error":null}"#),
        (Info, r#"{"@t":"2026-11-21T08:00:00.0000000Z","@mt":"Now listening on: {address}"}"#),
        (Error, r#"[app] {"level":"error"}"#),
    ]);
}

#[test]
fn pairs_say_their_level() {
    check(&[
        (Warn, r#"time="2026-11-21T08:00:00Z" level=warning msg="the attribute is obsolete""#),
        (Info, "ts=2026-11-21T08:00:00.123Z caller=main.go:10 level=info msg=\"level=error was said\""),
        (Error, "logger=sqlstore t=2026-11-21T08:00:00.123Z level=error msg=failed"),
        (Error, "t=2026-11-21T08:00:00+0000 lvl=eror msg=failed"),
        (Fatal, r#"level="crit" msg=x"#),
        (Error, "time=2026-11-21T08:00:00.000Z level=ERROR msg=failed err=\"no such host\""),
        (Debug, "2026-11-21 08:00:00 starting up level=debug"),
    ]);
}

#[test]
fn brackets_hold_levels() {
    check(&[
        (Error, "2026/11/21 08:00:00 [error] 31#31: *1 open() \"/x\" failed (2: No such file), client: 172.18.0.1"),
        (Fatal, "2026/11/21 08:00:00 [emerg] 1#1: host not found in upstream \"web\""),
        (Info, "2026/11/21 08:00:00 [notice] 1#1: start worker processes"),
        (Error, "[ERROR] Failed to execute goal"),
        (Error, "2026-11-21T08:00:00.123456Z 0 [ERROR] [MY-010119] [Server] Aborting"),
        (Warn, "2026-11-21T08:00:00.123456Z 0 [Warning] [MY-010068] [Server] CA certificate is self signed."),
        (Warn, "2026-11-21  8:00:00 0 [Warning] mysqld: unknown variable"),
        (Info, "2026-11-21 08:00:00+00:00 [Note] [Entrypoint]: Entrypoint script for MySQL Server started."),
        (Error, "[Sat Nov 21 08:00:00.123456 2026] [core:error] [pid 17:tid 1234] (13)Permission denied: AH00035"),
        (Info, "[Sat Nov 21 08:00:00.123456 2026] [mpm_event:notice] [pid 1:tid 1] AH00489: configured"),
        (Info, "2026-11-21 08:00:00.123456+00:00 [info] <0.222.0> Server startup complete; 4 plugins started."),
        (Error, "[2026-11-21T08:00:00,123][ERROR][o.e.b.Elasticsearch    ] [node] fatal exception"),
        (Warn, "[2026-11-21T08:00:00,123][WARN ][o.e.x.s.a.Realms] [node] x"),
        (Info, "[2026-11-21 08:00:00.123][1][info][main] [source/server/server.cc:404] initializing"),
        (Info, "[2026-11-21 08:00:00 +0000] [7] [INFO] Listening at: http://0.0.0.0:8000 (7)"),
        (Warn, "[2026-11-21 08:00:00,123: WARNING/MainProcess] missed heartbeat from celery@a"),
        (Error, "[08:00:00 ERR] Unhandled exception while handling request"),
        (Warn, "[2026-11-21T08:00:00Z WARN  my_crate::db] slow"),
        (Info, "[1] 2026/11/21 08:00:00.123456 [INF] Starting nats-server"),
        (Error, "2026.11.21 08:00:00.123456 [ 1 ] {} <Error> Application: DB::Exception: x"),
        (Error, "08:00:00.123 [error] GenServer #PID<0.1.0> terminating"),
        (Warn, "2026-11-21 08:00:00 [warning  ] slow_query  duration=3"),
        (Error, "2026-11-21T08:00:00.123Z [ERROR] agent: failed to sync"),
        (Info, "2026/11/21 08:00:00 cmd/web.go:242:runWeb() [I] Starting Gitea on PID: 7"),
        (Warn, "[W 2026-11-21 08:00:00.123 ServerApp] 404 GET /x"),
        (Warn, "[WARNING]  (1) : Server app/web is DOWN"),
        (Info, "[2026-11-21T08:00:00.123+0000] {taskinstance.py:1} INFO - Marking task as SUCCESS"),
        (Error, "\u{2718} [ERROR] Could not resolve \"./x\""),
    ]);
}

#[test]
fn words_in_the_head_are_levels() {
    check(&[
        (Error, "2026-11-21 08:00:00.123 UTC [77] ERROR:  relation \"users\" does not exist at character 15"),
        (Info, "2026-11-21 08:00:00.123 UTC [1] LOG:  database system is ready to accept connections"),
        (Fatal, "2026-11-21 08:00:00.123 UTC [77] app@app FATAL:  password authentication failed for user \"app\""),
        (Warn, "2026-11-21 08:00:00.123 GMT [77] WARNING:  there is no transaction in progress"),
        (Fatal, "2026-11-21 08:00:00.123 CET [1] PANIC:  could not write"),
        (Info, "2026-11-21 08:00:00.123 UTC [1] LOG kernel file descriptor limit: 1048576"),
        (Error, "ERROR:root:something broke"),
        (Warn, "WARNING:tensorflow:From x.py: deprecated"),
        (Error, "2026-11-21 08:00:00,123 ERROR django.request Internal Server Error: /x"),
        (Error, "2026-11-21 08:00:00,123 - mylogger - ERROR - it broke"),
        (Info, "INFO:     127.0.0.1:1234 - \"GET /error HTTP/1.1\" 200 OK"),
        (Error, "ERROR:    Exception in ASGI application"),
        (Error, "2026-11-21T08:00:00.123Z ERROR 1 --- [           main] o.s.boot.SpringApplication : failed"),
        (Info, "2026-11-21T08:00:00.123Z  INFO 1 --- [app] [main] c.e.App : Started with error=none"),
        (Error, "08:00:00.123 [http-nio-8080-exec-1] ERROR c.e.web.Api - failed"),
        (Warn, "[2026-11-21 08:00:00,123] WARN [KafkaServer id=1] x (kafka.server.KafkaServer)"),
        (Warn, "2026-11-21 08:00:00,123 [myid:1] - WARN  [main:QuorumPeerMain@139] - standalone"),
        (Error, "2026-11-21 08:00:00,123 ERROR [org.keycloak.services] (executor-thread-1) x"),
        (Fatal, "21-Nov-2026 08:00:00.123 ALERT [main] x"),
        (Error, "21-Nov-2026 08:00:00.123 SEVERE [main] org.apache.catalina.core.StandardService x"),
        (Error, "SEVERE: Servlet.service() threw exception"),
        (
            Error,
            "\x1b[2m2026-11-21T08:00:00.123456Z\x1b[0m \x1b[31mERROR\x1b[0m \x1b[2mapi::db\x1b[0m\x1b[2m:\x1b[0m lost",
        ),
        (Trace, "2026-11-21T08:00:00.123456Z TRACE hyper::proto: flushed 12 bytes"),
        (Info, "2026/11/21 08:00:00.123\tINFO\tusing config\t{\"level\":\"error\"}"),
        (Error, "2026-11-21T08:00:00.123Z\tERROR\tmain/main.go:10\tfailed"),
        (Error, "2026/11/21 08:00:00 ERROR failed err=\"x\""),
        (Error, "8:00AM ERR failed error=\"x\""),
        (Info, "\x1b[90m8:00AM\x1b[0m \x1b[32mINF\x1b[0m starting"),
        (Error, "ERRO[0012] failed to connect"),
        (Warn, "\x1b[33mWARN\x1b[0m[0000] x"),
        (Error, "2026-11-21 08:00:00.123 | ERROR    | __main__:f:10 - broke"),
        (Error, "2026-11-21 08:00:00.1234|ERROR|Logger|broke"),
        (Error, "[2026-11-21 08:00:00] local.ERROR: SQLSTATE[HY000] [2002] Connection refused"),
        (Fatal, "[2026-11-21T08:00:00.123+00:00] request.CRITICAL: Uncaught PHP Exception"),
        (Info, "[21-Nov-2026 08:00:00] NOTICE: fpm is running, pid 1"),
        (Info, "2026-11-21T08:00:00.123Z pid=1 tid=abc INFO: Booting Sidekiq"),
        (Fatal, "2026-11-21 08:00:00,123 CRIT Supervisor is running as root."),
        (Info, "info: Microsoft.Hosting.Lifetime[14]"),
        (Error, "fail: Microsoft.AspNetCore.Server.Kestrel[13]"),
        (Error, "error - ./pages/index.js:1:1"),
        (Warn, "initdb: warning: enabling \"trust\" authentication for local connections"),
        (Info, "/docker-entrypoint.sh: info: ready for start up"),
        (Error, "src/a.ts(1,2): error TS2304: x".replace("error TS2304:", "error:").as_str()),
        (Error, "error[E0425]: cannot find value `x` in this scope"),
        (Error, "ERROR in ./src/index.js 1:2"),
        (Warn, "081109 203615 148 WARN dfs.DataNode$DataXceiver: Got exception while serving"),
        (Info, "nova.log 2026-11-21 08:00:00.008 25746 INFO nova.osapi_compute.wsgi.server [req-1 - - -] 200"),
        (Info, "17/06/09 20:10:40 INFO executor.Executor: Finished task 0.0 in stage 3.0 (TID 122)"),
        (Info, "\x1b[32m[Nest] 1  - \x1b[39m11/21/2026, 8:00:00 AM \x1b[32m    LOG\x1b[39m [NestFactory] Starting"),
        (Error, "2026-11-21 08:00:00.12 spid9s      Error: 17054, Severity: 16, State: 1."),
        (Error, "Sat Nov 21 08:00:00 2026 -> ERROR: bind(): Address in use"),
        (Info, "[08:00:00.123] INFO (1): listening"),
        (Info, "2026-11-21T08:00:00.123+0000 I NETWORK  [listener] connection accepted from 172.18.0.1"),
        (Warn, "03-17 16:13:46.654  1702 10454 W ActivityManager: Sending non-protected broadcast"),
    ]);
}

#[test]
fn some_lines_begin_with_a_sign() {
    check(&[
        (Error, "E, [2026-11-21T08:00:00.123456 #1] ERROR -- : no route"),
        (Info, "I, [2026-11-21T08:00:00.123456 #1]  INFO -- : Started GET \"/error\""),
        (Error, "E1121 08:00:00.123456       1 reflector.go:10] failed to list"),
        (Warn, "W1121 08:00:00.123456       1 client_config.go:617] x"),
        (Info, "I261121 08:00:00.123456 1 server/config.go:1 x"),
        (Warn, "1:M 21 Nov 2026 08:00:00.123 # WARNING Memory overcommit must be enabled!"),
        (Info, "1:M 21 Nov 2026 08:00:00.123 * Ready to accept connections tcp"),
        (Debug, "1:M 21 Nov 2026 08:00:00.123 - Accepted 127.0.0.1:1234"),
        (Error, "npm ERR! code ELIFECYCLE"),
        (Warn, "npm WARN deprecated request@2.88.2: x"),
        (Error, "npm error code ENOENT"),
        (Error, "Traceback (most recent call last):"),
        (Fatal, "panic: runtime error: invalid memory address or nil pointer dereference"),
        (Fatal, "fatal error: all goroutines are asleep - deadlock!"),
        (Fatal, "thread 'main' panicked at src/main.rs:2:5:"),
        (Error, "Exception in thread \"main\" java.lang.NullPointerException"),
        (Fatal, "PHP Fatal error:  Uncaught Exception: x in /app/x.php:3"),
        (Warn, "PHP Warning:  Undefined variable $x in /app/x.php on line 3"),
        (Info, "PHP Notice:  x"),
        (Error, "TypeError: Cannot read properties of undefined (reading 'x')"),
        (Error, "java.lang.IllegalStateException: x"),
        (Warn, "(node:1) DeprecationWarning: Buffer() is deprecated"),
        (Error, "Error: Cannot find module 'express'"),
    ]);
}

#[test]
fn prose_has_no_level() {
    for text in [
        "",
        "0 errors",
        "0 errors, 0 warnings",
        "error: 0, warning: 2",
        "Errors: none",
        "error_count=0",
        "errors=0 warnings=3",
        "errorless",
        "ERRORS found: 3",
        "Compiled with no error",
        "error handling is enabled",
        "Warning signs were seen",
        "Debug: false",
        "User got ERROR from upstream",
        "The log level is INFO",
        "TRACE /path HTTP/1.1",
        "/srv/error.log opened",
        "GET /errors?level=error 200",
        "127.0.0.1 - - [21/Nov/2026:08:00:00 +0000] \"GET /error HTTP/1.1\" 500 12 \"-\" \"ERROR\"",
        "172.18.0.1 - - [21/Nov/2026 08:00:00] \"GET /fatal HTTP/1.1\" 200 -",
        "2026-11-21 08:00:00 Received ERROR from upstream",
        "    at Error.captureStackTrace (node:internal/errors:1:2)",
        "\tat org.example.ErrorHandler.handle(ErrorHandler.java:10)",
        "  File \"/app/error.py\", line 3, in fatal",
        "goroutine 1 [running]:",
        "Caused by the ERROR above",
        "{\"msg\":\"ERROR\",\"level\":\"hard\"}",
        "{\"errors\":0,\"error\":null}",
        "--log.level=debug was given",
        "Dec 10 07:28:37 LabSZ sshd[24273]: Failed password for root from 112.95.230.3 port 45699 ssh2",
        "- 1118765746 2026.06.14 R17-M1 prose with a FATAL in it",
        "[10.30 16:49:29] chrome.exe - proxy.example.com:5070 close, 0 bytes sent, 0 bytes received",
        "08:00:00 I was here",
        "It's an error: nothing more",
        "Server. ERROR is a word",
        "[webpack] compiled with 1 error",
        "level=",
        "level=high score=3",
        "\x1b[31merrors\x1b[0m: 3",
        "E, F and G are letters",
        "E1121 is a number",
        "1:M is no redis",
        "panicked passengers",
        "fail: ".trim_end(),
    ] {
        assert_eq!(detect(text.as_bytes()), None, "{text}");
    }
    // Behind a time the number could be a process's, and a word in capitals is what a logger writes there.
    for text in ["3 ERROR lines were skipped", "LOG directory is /var/log", "NOTE that this is prose"] {
        assert_eq!(detect(text.as_bytes()), None, "{text}");
    }
}

/// What is shown of a stream, in a form.
fn shown(input: &[u8], filter: &Filter, form: Form) -> Vec<u8> {
    let (mut levels, mut formatter, mut out) = (Levels::default(), Formatter::new(form, false, 0), Vec::new());
    for line in read_all(&source("web-1"), input, 7, 1_000) {
        let level = levels.level(&line);
        if filter.keeps(&line, level) {
            formatter.append(&mut out, &line, level);
        }
    }
    out
}

#[test]
fn errors_come_with_their_stack_traces() {
    let input = b"2026-11-21T08:00:00.100000000Z INFO ready\n\
        2026-11-21T08:00:00.200000000Z ERROR broken\n\
        2026-11-21T08:00:00.300000000Z     at main()\n\
        2026-11-21T08:00:00.400000000Z LOG:  quiet\n";
    let filter = Filter { level: Some(Level::Error), grep: None };
    let expected = "web-1 | ERROR broken\nweb-1 |     at main()\n";
    assert_eq!(String::from_utf8(shown(input, &filter, Form::Person { color: false })).unwrap(), expected);
    let filter = Filter { level: None, grep: Some(pattern("(?i)QUIET").unwrap()) };
    assert_eq!(shown(input, &filter, Form::Raw), b"web-1 | LOG:  quiet\n");
}

proptest! {
    #[test]
    fn no_bytes_do_harm(
        input in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(&b"\n\x1b[]{}<>\"\\=:-| aE1\r\x07m;\xc2\x9b"[..])], 0..400),
    ) {
        let all = Filter::default();
        for (form, has_color) in [(Form::Person { color: true }, true), (Form::Person { color: false }, false)] {
            let text = String::from_utf8(shown(&input, &all, form)).unwrap();
            let text = if has_color { without_colors(&text) } else { text };
            prop_assert!(text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()), "{:?}", text);
        }
        let objects = String::from_utf8(shown(&input, &all, Form::Json)).unwrap();
        let lines = read_all(&source("web-1"), &input, 7, 1_000);
        prop_assert_eq!(objects.lines().count(), lines.len());
        for (object, line) in objects.lines().zip(&lines) {
            let object: serde_json::Value = serde_json::from_str(object).unwrap();
            prop_assert_eq!(object["text"].as_str().unwrap(), String::from_utf8_lossy(line.content()));
        }
        let mut raw = Vec::new();
        for line in &lines {
            raw.extend([b"web-1 | ", &line.text[..], b"\n"].concat());
        }
        prop_assert_eq!(shown(&input, &all, Form::Raw), raw);
    }
}

/// The text without `ESC [ digits ; : m`.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == ';' || c == ':')
            .strip_prefix('m')
            .unwrap_or("\x1b")
    })
}
