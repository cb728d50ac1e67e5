//! What is told about buying, and what it settles.

use baton_domain::{event::*, ids::OrderId};

use crate::given::*;

#[test]
fn what_arrived_is_no_longer_promised() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.tell(EventBody::OrderChanged(order("o1", OrderStatus::Paid, 100)));
    let estimate = |order: Option<&str>| {
        EventBody::DeliveryEstimated(DeliveryEstimated {
            order: order.map(|id| OrderId::parse(id).unwrap()),
            latest: "2026-11-27".parse().unwrap(),
            certainty: "likely".into(),
            reason: None,
        })
    };
    let promised = |story: &mut Story| story.state.delivery().map(|it| it.latest.to_string());
    let told = story.tell(estimate(Some("o1")));
    assert!(promised(&mut story).is_some());
    story.tell(EventBody::OrderChanged(order(
        "o2",
        OrderStatus::Delivered,
        100,
    )));
    assert!(promised(&mut story).is_some(), "another order arrived");
    story.tell(EventBody::OrderChanged(order(
        "o1",
        OrderStatus::Delivered,
        100,
    )));
    story.again(&told);
    assert_eq!(promised(&mut story), None);
    story.tell(estimate(None));
    assert!(promised(&mut story).is_some());
    story.tell(EventBody::OrderChanged(order(
        "o3",
        OrderStatus::Delivered,
        100,
    )));
    assert_eq!(promised(&mut story), None);
}

#[test]
fn a_paid_order_settles_the_basket_it_came_from() {
    let paid = |id: &str, basket: Option<&str>| {
        let order = order(id, OrderStatus::Paid, 100);
        EventBody::OrderChanged(OrderChanged {
            basket: basket.map(Into::into),
            ..order
        })
    };
    let mut story = Story::new();
    let state = |story: &Story| story.state.basket.as_ref().unwrap().checkout_state();
    let first = story.tell(EventBody::BasketChanged(basket(Some("b1"), 100)));
    story.tell(paid("o1", Some("b9")));
    assert_eq!(&*state(&story), "checkout-offered");
    let first_paid = story.tell(paid("o2", Some("b1")));
    story.again(&first);
    assert_eq!(&*state(&story), "paid");
    story.tell(EventBody::BasketChanged(basket(Some("b1"), 100)));
    assert_eq!(&*state(&story), "paid", "a late word on the same basket");
    story.tell(EventBody::BasketChanged(basket(Some("b2"), 100)));
    story.again(&first_paid);
    assert_eq!(&*state(&story), "checkout-offered");
    story.tell(paid("o3", None));
    assert_eq!(&*state(&story), "paid");
    let mut imported = order("o4", OrderStatus::Paid, 100);
    imported.imported = true;
    story.tell(EventBody::BasketChanged(basket(None, 100)));
    story.tell(EventBody::OrderChanged(imported));
    assert_eq!(&*state(&story), "checkout-offered");
}
