//! Who caused an event, in the user's words.

use std::collections::HashMap;

use domain::TenantId;
use eventlog::Db;
use uuid::Uuid;

use crate::auth;

/// The people of a seller.
#[derive(Debug, Default)]
pub(crate) struct People(HashMap<Uuid, String>);

impl People {
    pub(crate) async fn read(db: &Db, tenant: TenantId) -> sqlx::Result<Self> {
        auth::emails(db, tenant).await.map(Self)
    }

    /// Names who an event's actor is.
    pub(crate) fn name(&self, actor: Option<&str>) -> String {
        match actor.and_then(|actor| actor.split_once(':')) {
            Some(("user", id)) => {
                let email = id.parse().ok().and_then(|id: Uuid| self.0.get(&id));
                email.map_or_else(|| "оператор".to_owned(), |email| format!("оператор {email}"))
            }
            Some(("system", "sync")) => "чтение кабинета".to_owned(),
            Some(("system", "delivery")) => "отправка".to_owned(),
            Some(("system", "marketplace")) => "площадка".to_owned(),
            Some(("system", "bulk")) => "ответ многим сразу".to_owned(),
            Some(("system", "erasure")) => "удаление данных".to_owned(),
            Some(("system", "deadlines")) => "сроки ответа".to_owned(),
            Some(("system", "on_call")) => "дежурный".to_owned(),
            _ => "AgentIQ".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_known_is_named() {
        let anna = Uuid::from_u128(1);
        let people = People(HashMap::from([(anna, "anna@example.ru".to_owned())]));
        let known = format!("user:{anna}");
        assert_eq!(people.name(Some(&known)), "оператор anna@example.ru");
        let gone = format!("user:{}", Uuid::from_u128(2));
        assert_eq!(people.name(Some(&gone)), "оператор");
        assert_eq!(people.name(Some("system:delivery")), "отправка");
        assert_eq!(people.name(None), "AgentIQ");
    }
}
