//! Where mkcert has the CA, whatever its directory is called in another shell.

use std::fs;

use serde_json::json;

use crate::authority::{STATE, shop_with_certificates, stand_before, step_aside};

#[test]
fn a_set_up_that_fails_leaves_the_ca_where_it_was() {
    let mut shop = shop_with_certificates();
    let before = shop.gantry("cert info --ca --json").json();
    let record = shop.sandbox.path(STATE).join("caroot");
    let noted = fs::read_to_string(&record).unwrap();
    let profile = shop.sandbox.directory("home/.pki/nssdb");
    let make = format!("certutil -N --empty-password -d sql:{}", profile.display());
    shop.sandbox.script("bash", &shop.checkout, &make).require_success();
    stand_before(&mut shop.sandbox, "certutil", "case $1 in -A) echo no >&2; exit 1 ;; esac; exec $real \"$@\"");
    // Another CA is there by then, and a shell knows no other.
    fs::rename(shop.sandbox.path("ca"), shop.sandbox.path("away")).unwrap();
    shop.sandbox.set("CAROOT", shop.sandbox.path("other"));
    shop.sandbox.script("bash", &shop.checkout, "mkcert -install").require_success();
    // As before it was written down, and where it is.
    for former in [None, Some(&noted)] {
        match former {
            Some(former) => fs::write(&record, former).unwrap(),
            None => fs::remove_file(&record).unwrap(),
        }
        let refused = shop.gantry("cert setup --stores nss --yes");
        assert_eq!(refused.status, 1, "{refused:?}");
        assert_eq!(fs::read_to_string(&record).ok().as_ref(), former);
    }
    step_aside(&shop.sandbox, "certutil");
    fs::rename(shop.sandbox.path("away"), shop.sandbox.path("ca")).unwrap();
    assert_eq!(shop.gantry("cert info --ca --json").json(), before);
}

#[test]
fn a_ca_that_was_moved_is_taken_where_it_is() {
    let mut shop = shop_with_certificates();
    fs::rename(shop.sandbox.path("ca"), shop.sandbox.path("moved")).unwrap();
    let authority = |shop: &crate::shop::Shop| shop.gantry("cert info --ca --json").json();
    assert_eq!(authority(&shop)["state"], "lost");
    shop.sandbox.set("CAROOT", shop.sandbox.path("moved"));
    let told = authority(&shop);
    assert_eq!((&told["state"], &told["directory"]), (&json!("good"), &json!("[SANDBOX]/moved")));
    shop.gantry("cert setup").require_success();
    assert!(!shop.sandbox.path("ca").exists(), "no other one was made");
    // Now it is written down.
    shop.sandbox.set("CAROOT", shop.sandbox.path("nowhere"));
    assert_eq!(authority(&shop), told);
    shop.gantry("cert renew").require_success();
}

#[test]
fn what_was_set_up_before_it_was_written_down() {
    let mut shop = shop_with_certificates();
    shop.gantry("cert setup").require_success();
    let record = shop.sandbox.path(STATE).join("caroot");
    let noted = fs::read_to_string(&record).unwrap();
    fs::remove_file(&record).unwrap();
    // Whoever looks for what is to be served writes it down.
    shop.gantry("cert setup").require_success();
    assert_eq!(fs::read_to_string(&record).unwrap(), noted);
    shop.sandbox.set("CAROOT", shop.sandbox.path("other"));
    assert_eq!(shop.gantry("cert status --json").json()["authority"]["state"], "good");
}
