//! How each change comes about.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use super::change::Change;
use super::world::{COMPOSE, World};

impl World {
    /// Has the change happen.
    pub fn apply(&mut self, change: Change) {
        self.turn += 1;
        match change {
            Change::EditCompose
            | Change::TouchComposeBack
            | Change::DamageCompose
            | Change::DeleteCompose
            | Change::LinkCompose
            | Change::WriteOverrideFile
            | Change::DeleteOverrideFile
            | Change::WriteDotenv
            | Change::DeleteDotenv
            | Change::WriteConfig
            | Change::BreakConfig
            | Change::DeleteConfig
            | Change::AddInnerCompose => self.change_project(change),
            Change::SwitchBranch
            | Change::SwitchBack
            | Change::Detach
            | Change::StartRebase
            | Change::StartBisect
            | Change::SetRemote
            | Change::IncludeConfig
            | Change::EditIncluded
            | Change::DamageHead
            | Change::AddInnerRepository
            | Change::AddClone
            | Change::DeleteClone => self.change_repository(change),
            Change::SetMode
            | Change::SetProfile
            | Change::SetHostPort
            | Change::SetComposeFile
            | Change::SetDirenv
            | Change::TakeOverExports
            | Change::ClearEnvironment
            | Change::GoDown
            | Change::GoUp => self.change_shell(change),
            Change::Upgrade => self.upgrade(),
            _ => self.change_gantry(change),
        }
    }

    fn change_project(&self, change: Change) {
        let compose = self.path("shop/compose.yaml");
        match change {
            Change::EditCompose => {
                let wanted = format!("{{{}}}:80", 1 + self.turn % 3);
                fs::write(&compose, self.shop.fill(&COMPOSE.replace("{1}:80", &wanted))).unwrap();
            }
            // Same size, and the time of modification that it had.
            Change::TouchComposeBack => {
                let modified = compose.metadata().ok().and_then(|found| found.modified().ok());
                self.edit_in_place(u16::from(self.turn.is_multiple_of(2)));
                if let Some(modified) = modified {
                    File::options().write(true).open(&compose).unwrap().set_modified(modified).unwrap();
                }
            }
            Change::DamageCompose => self.write("shop/compose.yaml", "services: [\n"),
            Change::DeleteCompose => self.remove("shop/compose.yaml"),
            Change::LinkCompose => {
                let target = format!("compose-{}.yaml", self.turn);
                self.write(&format!("shop/{target}"), &COMPOSE.replace("{1}:80", "{3}:80"));
                self.remove("shop/compose.yaml");
                symlink(target, compose).unwrap();
            }
            Change::WriteOverrideFile => {
                self.write("shop/compose.override.yml", "services: {more: {image: x, ports: ['{2}:90']}}\n");
            }
            Change::DeleteOverrideFile => self.remove("shop/compose.override.yml"),
            Change::WriteDotenv => {
                self.write("shop/.env", &format!("PG_PORT={{{}}}\nMODE=extra.yaml\n", self.turn % 2 + 2))
            }
            Change::DeleteDotenv => self.remove("shop/.env"),
            Change::WriteConfig => {
                let texts = ["remap: never\n", "identity: worktree\n", "project_name: fixed\n"];
                self.write("shop/gantry.yml", texts[self.turn as usize % 3]);
            }
            Change::BreakConfig => self.write("shop/gantry.yml", "identiy: branch\n"),
            Change::DeleteConfig => self.remove("shop/gantry.yml"),
            _ => self.write("shop/inner/compose.yaml", "services: {inner: {image: x, ports: ['{3}:90']}}\n"),
        }
    }

    fn change_repository(&self, change: Change) {
        match change {
            Change::SwitchBranch => self.git(&["checkout", "-q", "-B", "feature/two"]),
            Change::SwitchBack => self.git(&["checkout", "-q", "main"]),
            Change::Detach => self.git(&["checkout", "-q", "--detach"]),
            Change::StartRebase => {
                fs::create_dir_all(self.path("shop/.git/rebase-merge")).unwrap();
                self.write("shop/.git/rebase-merge/head-name", "refs/heads/feature/rebased\n");
            }
            Change::StartBisect => self.git(&["bisect", "start"]),
            Change::SetRemote => {
                let url = format!("git@example.com:test/shop{}.git", self.turn % 2);
                self.git(&["remote", "set-url", "origin", &url]);
            }
            Change::IncludeConfig => {
                self.write("shop/.git/included", "[include]\n\tpath = deeper\n");
                self.git(&["config", "include.path", "included"]);
            }
            Change::EditIncluded => {
                self.write("shop/.git/deeper", &format!("[remote \"origin\"]\n\turl = x:deep{}.git\n", self.turn));
            }
            Change::DamageHead => self.write("shop/.git/HEAD", "nonsense\n"),
            Change::AddInnerRepository => {
                self.git(&["init", "-q", "inner"]);
            }
            Change::AddClone => {
                let script = "rm -rf clone && cp -a shop clone && cd clone && gantry export --auto";
                self.shop.sandbox.script("dash", &self.path(""), script);
            }
            _ => {
                let _ = fs::remove_dir_all(self.path("clone"));
            }
        }
    }

    fn change_shell(&mut self, change: Change) {
        match change {
            Change::SetMode => self.set("MODE", ["plain.yaml", "extra.yaml"][self.turn as usize % 2]),
            Change::SetProfile => self.set("COMPOSE_PROFILES", ["", "cache", "*"][self.turn as usize % 3]),
            Change::SetHostPort => self.set("PG_PORT", &format!("{{{}}}", self.turn % 2)),
            Change::SetComposeFile => self.set("COMPOSE_FILE", ["compose.yaml", "other.yaml"][self.turn as usize % 2]),
            Change::SetDirenv => self.set("DIRENV_IN_ENVRC", "1"),
            // What a shell has that has evaluated the line already.
            Change::TakeOverExports => {
                let exports = self.run(&["export", "--auto", "--format", "json"]).stdout;
                let exports: serde_json::Map<_, _> = serde_json::from_str(&exports).unwrap_or_default();
                let home = self.path("");
                for (name, value) in exports {
                    self.set(&name, &value.as_str().unwrap().replace("[SANDBOX]/", home.to_str().unwrap()));
                }
            }
            Change::ClearEnvironment => self.variables.clear(),
            Change::GoDown => self.directory = self.path("shop/inner"),
            _ => self.directory = self.path("shop"),
        }
    }

    fn change_gantry(&self, change: Change) {
        match change {
            Change::Release => drop(self.run(&["release", "web", "--yes"])),
            Change::ReleaseAll => drop(self.run(&["release", "--all", "--yes"])),
            Change::Book => drop(self.run(&["book", "extra"])),
            Change::Prune => drop(self.run(&["prune", "--yes"])),
            Change::SetRange => {
                let range = self.shop.fill(["default:{16}-{19}", "default:{17}-{19}"][self.turn as usize % 2]);
                self.run(&["config", "--set-range", &range]);
            }
            Change::OtherAllocates => {
                let project = self.shop.sandbox.directory(format!("other{}", self.turn % 2));
                self.shop.sandbox.write(project.join("compose.yaml"), "services: {x: {image: x, ports: ['90']}}\n");
                self.shop.sandbox.gantry(&project, ["export", "--auto"]);
            }
            Change::RestoreRegistry => {
                fs::copy(self.path("backup.db"), self.shop.sandbox.registry()).unwrap();
                fs::set_permissions(self.shop.sandbox.registry(), Permissions::from_mode(0o600)).unwrap();
            }
            Change::DeleteRegistry => drop(fs::remove_file(self.shop.sandbox.registry())),
            Change::GrowOlder => self.sql("UPDATE contexts SET used_at = used_at - 200000"),
            Change::DeleteGantrysOverride => drop(fs::remove_dir_all(self.path("home/.local/state/gantry"))),
            Change::EditGantrysOverride => {
                for file in fs::read_dir(self.path("home/.local/state/gantry/overrides")).into_iter().flatten() {
                    fs::write(file.unwrap().path(), "services: {}\n").unwrap();
                }
            }
            Change::DeleteMemos => drop(fs::remove_dir_all(self.path("home/.cache/gantry/memo"))),
            // Each is whole, but not the answer to this call.
            _ => {
                if let [first, .., last] = self.memos().as_slice() {
                    let parked = first.with_extension("parked");
                    fs::rename(first, &parked).unwrap();
                    fs::rename(last, first).unwrap();
                    fs::rename(parked, last).unwrap();
                }
            }
        }
    }
}
