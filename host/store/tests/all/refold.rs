use std::sync::Arc;

use baton_domain::{limits::STATE_EVENTS_MAX, state::CustomerState};
use baton_store::{Commit, Version};

use crate::support::*;

both!(
    the_state_of_another_fold_is_folded_anew,
    a_state_between_two_stored_ones_is_whole
);

async fn the_state_of_another_fold_is_folded_anew(mut fixture: Fixture) {
    let _ = fixture.reopen_with(|options| options.with_fold_version(0));
    let store = fixture.store();
    let loaded = resolve(&*store, "628").await;
    let (first, second) = (message(0, "wamid.1", "one"), message(1, "wamid.2", "two"));
    // What another fold made of the events: nothing like ours.
    let odd = Commit {
        state: Arc::default(),
        links: vec![phone("628")],
        ..on(&loaded, vec![first.clone(), second.clone()])
    };
    store.commit(odd).await.unwrap();
    assert_eq!(
        *load(&*store, &loaded.customer).await.state,
        CustomerState::default()
    );
    drop(store);

    let store = fixture.reopen();
    let mut expected = CustomerState::default();
    [first, second]
        .iter()
        .for_each(|event| expected.apply(event));
    assert_eq!(*load(&*store, &loaded.customer).await.state, expected);
    // The next commit stores the state of this fold.
    write(&*store, "628", vec![message(2, "wamid.3", "three")]).await;
    expected.apply(&message(2, "wamid.3", "three"));
    drop(store);
    let store = fixture.reopen();
    assert_eq!(*load(&*store, &loaded.customer).await.state, expected);
}

async fn a_state_between_two_stored_ones_is_whole(mut fixture: Fixture) {
    let mut expected = CustomerState::default();
    for it in 0..(3 * STATE_EVENTS_MAX as i64) {
        let event = message(it, &format!("wamid.{it}"), &format!("message {it}"));
        expected.apply(&event);
        let store = fixture.store();
        let customer = write(&*store, "628", vec![event]).await;
        drop(store);
        let loaded = load(&*fixture.reopen(), &customer).await;
        assert_eq!(
            (loaded.version, &*loaded.state),
            (Version(it as u64 + 1), &expected)
        );
    }
}
