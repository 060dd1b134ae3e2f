//! What a writing request asks for, read from its body and its query.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::super::Call;
use super::super::cabinet::Cabinet;
use super::super::chat::ContextKind;
use super::super::endpoint::Endpoint;
use super::super::entry::Action;
use super::super::problem::Refusal;
use super::super::request::{self, Parameters, body};
use super::Subject;
use super::upload::{self, Upload};

/// Most reviews in one request to skip the reaction.
const FEEDBACKS_MAX: usize = 50;

/// A request that can be kept in the ledger.
pub(in super::super) enum Request {
    Message {
        chat: u64,
        text: String,
    },
    File {
        chat: u64,
        file: Upload,
    },
    NewChat {
        kind: ContextKind,
        id: u64,
    },
    Comment {
        feedback: u64,
        parent: Option<u64>,
        text: String,
    },
    EditComment {
        feedback: u64,
        comment: u64,
        text: String,
    },
    DeleteComment {
        comment: u64,
    },
    SkipReaction {
        feedbacks: BTreeSet<u64>,
    },
    /// An answer to a question, or a comment on an answer.
    Answer {
        parent: EntityId,
        text: String,
    },
    EditAnswer {
        entity: EntityId,
        text: String,
    },
    DeleteAnswer {
        entity: EntityId,
    },
}

/// `TypedQuestionsTextEntityIdDTO`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(in super::super) struct EntityId {
    pub(super) id: u64,
    #[serde(rename = "type")]
    pub(super) kind: EntityKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum EntityKind {
    Question,
    Answer,
    Comment,
}

#[derive(Deserialize)]
struct MessageBody {
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewChatBody {
    order_id: Option<u64>,
    context: Option<ContextBody>,
}

#[derive(Deserialize)]
struct ContextBody {
    #[serde(rename = "type")]
    kind: ContextKind,
    id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommentBody {
    feedback_id: u64,
    comment: CommentWords,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommentWords {
    id: Option<u64>,
    parent_id: Option<u64>,
    text: String,
}

#[derive(Deserialize)]
struct DeleteBody {
    id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SkipBody {
    feedback_ids: Vec<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntityBody {
    operation_type: Operation,
    entity_id: Option<EntityId>,
    parent_entity_id: Option<EntityId>,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Operation {
    Create,
    Update,
    Delete,
}

impl Request {
    pub(in super::super) fn parse(call: &Call) -> Result<Self, Refusal> {
        let parameters = Parameters::parse(call.query.as_deref())?;
        match call.endpoint {
            Endpoint::SendMessage => {
                let chat = parameters.id("chatId")?;
                let MessageBody { message } = body(call, true)?;
                Ok(Self::Message { chat, text: message })
            }
            Endpoint::SendFile => {
                Ok(Self::File { chat: parameters.id("chatId")?, file: upload::file(call)? })
            }
            Endpoint::NewChat => body::<NewChatBody>(call, true)?.request(),
            Endpoint::UpdateComment => Ok(body::<CommentBody>(call, true)?.request()),
            Endpoint::DeleteComment => {
                let DeleteBody { id } = body(call, true)?;
                Ok(Self::DeleteComment { comment: id })
            }
            Endpoint::SkipReaction => {
                let SkipBody { feedback_ids } = body(call, true)?;
                let feedbacks = request::list("feedbackIds", Some(feedback_ids), FEEDBACKS_MAX)?;
                Ok(Self::SkipReaction { feedbacks: feedbacks.unwrap_or_default() })
            }
            Endpoint::UpdateAnswer => body::<EntityBody>(call, true)?.request(),
            Endpoint::Token
            | Endpoint::Chats
            | Endpoint::Chat
            | Endpoint::History
            | Endpoint::Message
            | Endpoint::Feedbacks
            | Endpoint::Comments
            | Endpoint::Questions
            | Endpoint::Answers => Err(Refusal::internal("a read was written")),
        }
    }

    pub(super) fn action(&self) -> Action {
        let is_answer = |entity: &EntityId| entity.kind == EntityKind::Answer;
        match self {
            Self::Message { .. } => Action::Message,
            Self::File { .. } => Action::File,
            Self::NewChat { .. } => Action::NewChat,
            Self::Comment { .. } => Action::Comment,
            Self::EditComment { .. } => Action::EditComment,
            Self::DeleteComment { .. } => Action::DeleteComment,
            Self::SkipReaction { .. } => Action::SkipReaction,
            Self::Answer { parent, .. } if parent.kind == EntityKind::Question => Action::Answer,
            Self::Answer { .. } => Action::AnswerComment,
            Self::EditAnswer { entity, .. } if is_answer(entity) => Action::EditAnswer,
            Self::EditAnswer { .. } => Action::EditAnswerComment,
            Self::DeleteAnswer { entity } if is_answer(entity) => Action::DeleteAnswer,
            Self::DeleteAnswer { .. } => Action::DeleteAnswerComment,
        }
    }

    pub(in super::super) fn target(&self) -> String {
        match self {
            Self::Message { chat: id, .. }
            | Self::File { chat: id, .. }
            | Self::NewChat { id, .. }
            | Self::Comment { parent: Some(id), .. }
            | Self::Comment { feedback: id, parent: None, .. }
            | Self::EditComment { comment: id, .. }
            | Self::DeleteComment { comment: id }
            | Self::Answer { parent: EntityId { id, .. }, .. }
            | Self::EditAnswer { entity: EntityId { id, .. }, .. }
            | Self::DeleteAnswer { entity: EntityId { id, .. } } => id.to_string(),
            Self::SkipReaction { feedbacks } => {
                let ids: Vec<String> = feedbacks.iter().map(u64::to_string).collect();
                ids.join(",")
            }
        }
    }

    /// The words, or the name of the file.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Message { text, .. }
            | Self::Comment { text, .. }
            | Self::EditComment { text, .. }
            | Self::Answer { text, .. }
            | Self::EditAnswer { text, .. } => text,
            Self::File { file, .. } => &file.name,
            Self::NewChat { .. }
            | Self::DeleteComment { .. }
            | Self::SkipReaction { .. }
            | Self::DeleteAnswer { .. } => "",
        }
    }

    /// The SHA-256 of what is sent, where that is not the text.
    pub(super) fn content_sha256(&self) -> Option<&str> {
        match self {
            Self::File { file, .. } => Some(&file.sha256),
            Self::Message { .. }
            | Self::NewChat { .. }
            | Self::Comment { .. }
            | Self::EditComment { .. }
            | Self::DeleteComment { .. }
            | Self::SkipReaction { .. }
            | Self::Answer { .. }
            | Self::EditAnswer { .. }
            | Self::DeleteAnswer { .. } => None,
        }
    }

    /// Where the buyer sees what it does, if that is one place.
    pub(super) fn subject(&self, cabinet: &Cabinet) -> Option<Subject> {
        let feedback_of = |id: &u64| cabinet.notes.get(id)?.on.feedback().map(Subject::Feedback);
        let question_of = |id: &u64| {
            let on = cabinet.notes.get(id)?.on;
            let question =
                on.question().or_else(|| cabinet.notes.get(&on.answer()?)?.on.question());
            question.map(Subject::Question)
        };
        match self {
            Self::Message { chat, .. } | Self::File { chat, .. } => Some(Subject::Chat(*chat)),
            Self::Comment { feedback, .. } => Some(Subject::Feedback(*feedback)),
            Self::EditComment { comment, .. } | Self::DeleteComment { comment } => {
                feedback_of(comment)
            }
            Self::Answer { parent: EntityId { id, kind: EntityKind::Question }, .. } => {
                Some(Subject::Question(*id))
            }
            Self::Answer { parent: entity, .. }
            | Self::EditAnswer { entity, .. }
            | Self::DeleteAnswer { entity } => question_of(&entity.id),
            Self::NewChat { .. } | Self::SkipReaction { .. } => None,
        }
    }
}

impl NewChatBody {
    /// The context, or the order's number as it was given before there were contexts.
    fn request(self) -> Result<Request, Refusal> {
        match (self.context, self.order_id) {
            (Some(ContextBody { kind: ContextKind::Direct, .. }), _) => {
                Err(Refusal::bad_request("JSON: DIRECT is not one of ORDER, RETURN"))
            }
            (Some(ContextBody { kind, id }), _) => Ok(Request::NewChat { kind, id }),
            (None, Some(id)) => Ok(Request::NewChat { kind: ContextKind::Order, id }),
            (None, None) => Err(Refusal::bad_request("Missing field: context")),
        }
    }
}

impl CommentBody {
    /// "With both `comment.parentId` and `comment.id`, the existing comment is changed."
    fn request(self) -> Request {
        let CommentWords { id, parent_id: parent, text } = self.comment;
        let feedback = self.feedback_id;
        match id {
            Some(comment) => Request::EditComment { feedback, comment, text },
            None => Request::Comment { feedback, parent, text },
        }
    }
}

impl EntityBody {
    fn request(self) -> Result<Request, Refusal> {
        let missing = |name: &str| Refusal::bad_request(format!("Missing field: {name}"));
        let entity = self.entity_id.ok_or_else(|| missing("entityId"));
        let text = self.text.ok_or_else(|| missing("text"));
        match self.operation_type {
            Operation::Create => {
                let parent = self.parent_entity_id.ok_or_else(|| missing("parentEntityId"))?;
                Ok(Request::Answer { parent, text: text? })
            }
            Operation::Update => Ok(Request::EditAnswer { entity: entity?, text: text? }),
            Operation::Delete => Ok(Request::DeleteAnswer { entity: entity? }),
        }
    }
}
