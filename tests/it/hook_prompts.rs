//! `gantry hook`: the same job at the prompt, for people without direnv.

use crate::sandbox::Sandbox;
use crate::terminal::Terminal;

const COMPOSE: &str = "services:\n  postgres:\n    image: postgres:17\n    ports: [\"${PG_PORT:-5432}:5432\"]\n";

#[test]
fn ports_come_and_go_with_the_directory() {
    for (shell, startup) in [
        ("bash", "eval \"$(gantry hook bash)\"\n"),
        ("zsh", "eval \"$(gantry hook zsh)\"\n"),
        ("fish", "gantry hook fish | source\n"),
    ] {
        let sandbox = Sandbox::new();
        let checkout = sandbox.repository("shop", "git@example.com:team/shop.git");
        sandbox.write("shop/compose.yaml", COMPOSE);
        let deep = sandbox.directory("shop/deep/down");
        let home = sandbox.path("home");
        let mut terminal = Terminal::open(&sandbox, shell, startup, &home);
        let before = terminal.variables();

        terminal.enter(&format!("cd {}", deep.display()));
        let inside = terminal.variables();
        let port = format!("{}\n", inside["PG_PORT"]);
        sandbox.gantry(&checkout, ["get", "postgres", "-q"]).check(&port, "", 0);

        terminal.enter("git switch --quiet --create other");
        assert_ne!(terminal.variables()["PG_PORT"], inside["PG_PORT"], "{shell}: another branch");

        terminal.enter(&format!("cd {}", home.display()));
        assert_eq!(terminal.variables(), before, "{shell}: leaving puts everything back");
    }
}
