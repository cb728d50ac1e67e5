//! Who leaves hands over first.

use baton_domain::ids::AgentId;
use serde_json::json;

use crate::fixture::Fixture;

#[tokio::test]
async fn nobody_leaves_conversations_behind() {
    let host = Fixture::start().await;
    host.says("I want to talk to a human").await;
    let (ana, _budi) = (
        host.person("ana", "junior-agent").await,
        host.person("budi", "senior-agent").await,
    );
    let path = host.her_conversation().await;
    let epoch = host.conversation().await["epoch"].clone();
    // With one's own token one is oneself.
    let as_budi = json!({ "agent": "budi", "epoch": epoch });
    let claim = format!("{path}/claim");
    let (status, _) = host.request("POST", &claim, &ana, Some(&as_budi)).await;
    assert_eq!(status, 403);
    let as_ana = json!({ "agent": "ana", "epoch": epoch });
    let (status, _) = host.request("POST", &claim, &ana, Some(&as_ana)).await;
    assert_eq!(status, 200);

    let (status, refused) = host.change("/v1/people/ana", "DELETE", None).await;
    let error = &refused["error"];
    assert_eq!((status, &error["code"]), (409, &json!("successor_wanted")));
    assert_eq!(error["conversations"], 1);
    for nobody in ["ana", "nobody"] {
        let path = format!("/v1/people/ana?successor={nobody}");
        assert_eq!(host.change(&path, "DELETE", None).await.0, 422);
    }
    assert_eq!(host.conversation().await["owner"]["agent"], "ana");
    host.person("rina", "rule-author").await;
    let path = "/v1/people/ana?successor=rina";
    let (status, unfit) = host.change(path, "DELETE", None).await;
    let unfit = &unfit["error"];
    assert_eq!((status, &unfit["code"]), (409, &json!("agent_unfit")));
    assert_eq!(
        (&unfit["why"], &unfit["place"]),
        (&json!("role"), &json!("successor"))
    );
    let path = "/v1/people/ana?successor=budi";
    assert_eq!(host.change(path, "DELETE", None).await.0, 204);
    let conversation = host.conversation().await;
    assert_eq!(conversation["owner"]["agent"], "budi");
    assert_eq!(conversation["owner"]["team"], "sales");
    assert_eq!(host.count_of("reassigned").await, 1);
    let gone = AgentId::parse("ana").expect("an id");
    let tenant = baton_domain::ids::TenantId::parse("shop").expect("an id");
    assert!(host.host.directory().roster(&tenant).agent(&gone).is_none());
    let (_, audit) = host.get("/v1/audit").await;
    let all = audit["items"].to_string();
    for what in ["claim", "reassign", "remove-person"] {
        assert!(all.contains(&format!("\"{what}\"")), "{what} in {all}");
    }
}
