//! Which files are read, and what comes of several.

use super::{Directory, check};
use crate::compose::FILE_NAMES;

#[test]
fn files_are_found_and_merged() {
    let service = |port: &str| format!("services: {{a: {{image: x, ports: ['{port}']}}}}\n");
    let [one, two, three] = ["1:1", "2:2", "3:3"].map(service);
    check(&[], &[], &[]);
    check(
        &[("docker-compose.yaml", &one), ("docker-compose.yml", &two), ("compose.yml", &three)],
        &[],
        &["a 3->3/tcp compose.yml:1"],
    );
    check(
        &[("docker-compose.yml", &one), ("compose.override.yaml", &two)],
        &[],
        &["a 1->1/tcp docker-compose.yml:1", "a 2->2/tcp compose.override.yaml:1"],
    );
    check(
        &[("compose.yaml", &one), ("compose.override.yaml", "services: {a: {ports: !override ['2:1']}}")],
        &[],
        &["a 2->1/tcp compose.override.yaml:1"],
    );
    check(&[("compose.yaml", &one), ("compose.override.yaml", "services: {a: {ports: !reset []}}")], &[], &[]);
    check(
        &[("compose.yaml", &one), ("compose.override.yaml", "services: {a: {ports: ['0.0.0.0:1:1', '1:1/udp']}}")],
        &[],
        &["a 0.0.0.0:1->1/tcp compose.override.yaml:1", "a 1->1/udp compose.override.yaml:1"],
    );
    check(
        &[("x/y.yml", &one), (".env", "COMPOSE_FILE=x/y.yml:z.yml"), ("z.yml", &two)],
        &[],
        &["a 1->1/tcp x/y.yml:1", "a 2->2/tcp z.yml:1"],
    );
}

#[test]
fn a_host_port_s_variable_is_hidden_everywhere() {
    let compose = "services:\n  a: {image: x, ports: ['8080:${P:-80}']}\n  b: {image: x, ports: ['${P:-90}:90']}\n";
    check(
        &[("compose.yaml", compose)],
        &[("P", "6000")],
        &["a 8080->80/tcp compose.yaml:2", "b 90->90/tcp $P compose.yaml:3"],
    );
}

#[test]
fn bad_files_are_named() {
    let check = |text: &str, expected: &str| check(&[("compose.yaml", text)], &[], &[expected]);
    check("- a\n", "compose.yaml:1: the top level of a compose file must be a mapping");
    check("services: []\n", "compose.yaml:1: services must be a mapping");
    check("services:\n  a: 1\n", "compose.yaml:2: services.a must be a mapping, not integer");
    check("services:\n  a: {ports: 80}\n", "compose.yaml:2: services.a.ports must be a list, not integer");
}

#[test]
fn what_is_no_file_is_an_error_that_names_it() {
    use std::os::unix::fs::symlink;
    let directory = Directory::new(&[("compose.yaml/x", "")], &[]);
    assert_eq!(directory.ports(), ["compose.yaml: a directory, not a file"]);
    let directory = Directory::new(&[], &[]);
    symlink("nowhere", directory.root.path().join("compose.yaml")).expect("linked");
    assert_eq!(directory.ports(), ["compose.yaml: a dangling link: its target does not exist"]);
    let error = directory.load().expect_err("refused");
    assert!(error.inputs.contains(&directory.root.path().join("compose.yaml")), "{:?}", error.inputs);
}

#[test]
fn inputs_are_every_place_that_counts() {
    let directory = Directory::new(&[("compose.yml", "services: {a: {image: x}}")], &[]);
    let project = directory.load().expect("read");
    let inputs: Vec<String> = project.inputs.iter().map(|path| directory.local(path)).collect();
    assert_eq!(project.files, [directory.root.path().join("compose.yml")]);
    assert_eq!(inputs[0], ".env");
    for name in FILE_NAMES {
        assert!(inputs.iter().any(|input| input == name), "{name} in {inputs:?}");
    }
    assert!(inputs.iter().any(|input| input == "compose.override.yml"), "{inputs:?}");
}

#[test]
fn an_included_project_keeps_its_own_ways() {
    let compose = "include: [sub/inc.yaml]\nservices: {a: {image: x, ports: ['${P:-1}:1']}}\n";
    let included = "services:\n  b:\n    extends: {file: base.yaml, service: z}\n    ports: ['${P:-2}:2']\n";
    let base = "services: {z: {image: x, ports: ['3:3']}}\n";
    check(
        &[("compose.yaml", compose), ("sub/inc.yaml", included), ("sub/base.yaml", base), ("sub/.env", "P=1002")],
        &[],
        &["b 3->3/tcp sub/base.yaml:1", "b 1002->2/tcp $P sub/inc.yaml:4", "a 1->1/tcp $P compose.yaml:2"],
    );
    // Newer versions of Compose lay what the file itself says over what it includes; older ones refuse it.
    check(
        &[
            ("compose.yaml", "include: [a.yaml]\nservices: {a: {ports: ['1:1']}}\n"),
            ("a.yaml", "services: {a: {image: x, ports: ['2:2']}}\n"),
        ],
        &[],
        &["a 2->2/tcp a.yaml:1", "a 1->1/tcp compose.yaml:2"],
    );
}

#[test]
fn what_gantry_provides_is_not_missing() {
    let compose = "services:\n  a: {image: x, environment: ['P=${P:?set it}', 'Q=${Q}'], ports: ['${P}:80']}\n";
    check(&[("compose.yaml", compose)], &[], &["a 80->80/tcp $P compose.yaml:2"]);
    let project = Directory::new(&[("compose.yaml", compose)], &[]).load().expect("read");
    let messages: Vec<&str> = project.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(messages, ["the Q variable is not set: it counts as empty"]);
    assert!(project.variables.contains("Q") && project.variables.contains("COMPOSE_FILE"), "{:?}", project.variables);
    check(
        &[("compose.yaml", "services: {a: {image: 'x:${TAG:?which tag}'}}")],
        &[],
        &["compose.yaml:1: required variable TAG is missing a value: which tag"],
    );
}

#[test]
fn errors_name_the_line_that_can_be_mended() {
    #[track_caller]
    fn refuse(files: &[(&str, &str)], expected: &str) {
        check(files, &[], &[expected]);
    }
    let main = |text: &'static str| [("compose.yaml", text)];
    refuse(
        &main("services:\n  a:\n    image: x\n    port: []\n"),
        "compose.yaml:4: services.a: additional property port is not allowed",
    );
    refuse(&main("services:\n  a:\n    image: 5\n"), "compose.yaml:3: services.a.image must be a string, not integer");
    refuse(
        &main("services:\n  a: {image: x, init: maybe}\n"),
        "compose.yaml:2: services.a.init must be boolean, not \"maybe\"",
    );
    refuse(
        &main("services:\n  a:\n    image: x\n    depends_on:\n      b: {condition: never}\n"),
        "compose.yaml:5: services.a.depends_on.b.condition must be service_started, service_healthy or \
         service_completed_successfully, not \"never\"",
    );
    refuse(
        &main("services:\n  a:\n    image: x\n    depends_on: [b]\n"),
        "compose.yaml:4: service \"a\" depends on undefined service \"b\"",
    );
    refuse(
        &main("services:\n  a:\n    image: x\n    volumes:\n      - .:/a\n      - data:/b\n"),
        "compose.yaml:6: service \"a\" refers to undefined volume data",
    );
    refuse(
        &main("services:\n  a:\n    extends: {file: b.yaml, service: c}\n"),
        "compose.yaml:3: [ROOT]/b.yaml: no such file",
    );
    refuse(&main("include:\n  - b.yaml\n"), "compose.yaml:2: [ROOT]/b.yaml: no such file");
    refuse(
        &main("services:\n  a: {image: x, extends: b}\n  b: {extends: a}\n"),
        "compose.yaml:3: circular reference: a extends b extends a",
    );
    refuse(
        &[("compose.yaml", "include: [b.yaml]\n"), ("b.yaml", "services: {}\ninclude: [./compose.yaml]\n")],
        "b.yaml:2: include cycle detected: [ROOT]/compose.yaml includes [ROOT]/b.yaml includes [ROOT]/compose.yaml",
    );
    refuse(
        &[
            ("compose.yaml", "services: {a: {image: x}}\n"),
            ("compose.override.yaml", "services:\n  a:\n    image: [y]\n"),
        ],
        "compose.override.yaml:3: services.a.image must be a string, not list",
    );
    refuse(
        &[("compose.yaml", "services: {a: {image: x}}\n"), (".env", "A=1\nB C=2\n")],
        ".env:2: key cannot contain a space",
    );
    refuse(&main("services:\n  a: {image: x}\n  a: {image: y}\n"), "compose.yaml:3: duplicate mapping key: a");
}

#[test]
fn hostile_projects_end_in_an_error() {
    #[track_caller]
    fn refuse(files: &[(&str, &str)], expected: &str) {
        let lines = Directory::new(files, &[]).ports();
        assert!(lines.len() == 1 && lines[0].contains(expected), "{lines:?}");
    }
    let many = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join("");
    let labels = many(2000, &|index| format!("      - l{index}\n"));
    let heirs = many(200, &|index| format!("  a{index}: {{extends: big}}\n"));
    let copies = format!("services:\n  big:\n    image: x\n    labels:\n{labels}{heirs}");
    refuse(&[("compose.yaml", &copies)], "more than 300000 values");
    let doubling = many(40, &|index| format!("A{}=$A{index}$A{index}\n", index + 1));
    refuse(&[("compose.yaml", "services: {}\n"), (".env", &format!("A0=xx\n{doubling}"))], "the value is too long");
    let long = format!("A={}", "x".repeat(100_000));
    let texts = format!("services: {{a: {{image: x, command: [{}]}}}}", "$A,".repeat(1000));
    refuse(&[("compose.yaml", &texts), (".env", &long)], "more than 300000 values");
    let chain = many(60, &|index| format!("  a{index}: {{image: x, extends: a{}}}\n", index + 1));
    refuse(&[("compose.yaml", &format!("services:\n{chain}"))], "more than 50 services extend each other");
}
