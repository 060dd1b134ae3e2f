//! Replies that carry files: which are taken, and how they are known again in a chat.

use super::builders::*;
use crate::guardrail::Grounds;
use crate::interaction::*;
use crate::value::*;

fn chat(marketplace: Marketplace) -> InteractionEvent {
    let source = Source { marketplace, channel: Channel::Chat, ..source() };
    InteractionEvent::Ingested { source, content: Content { rating: None, ..content("") } }
}

fn request(text: &str, files: Vec<OutgoingFile>) -> InteractionCommand {
    InteractionCommand::RequestReply {
        reply_id: FIRST,
        text: text.into(),
        draft_id: None,
        bulk_id: None,
        files,
        timing: Timing::default(),
        grounds: Grounds::default(),
    }
}

fn refusal(
    ingested: InteractionEvent,
    text: &str,
    files: Vec<OutgoingFile>,
) -> Option<InteractionError> {
    after(&[ingested]).decide(request(text, files)).err()
}

fn photo() -> OutgoingFile {
    OutgoingFile { name: "Плед.jpg".into(), kind: FileKind::Jpeg, size_bytes: 40_960, ..file() }
}

/// A message of the seller at the marketplace.
fn shown(id: &str, text: &str, files: Vec<MessageFile>) -> ChatMessage {
    let words = MessageWords { text: text.into(), files, ..MessageWords::default() };
    let author = MessageAuthor::Seller;
    ChatMessage { external_id: id.into(), author, sent_at: at(12), words: words.into() }
}

fn seen_as(name: &str, size_bytes: Option<u64>) -> MessageFile {
    MessageFile { name: name.into(), size_bytes, ..MessageFile::default() }
}

/// Which replies the messages are found to be.
fn found(history: &[InteractionEvent], messages: Vec<ChatMessage>) -> Vec<Option<ReplyId>> {
    let read = InteractionCommand::ReceiveMessages { messages, seen_at: at(600) };
    let mut found = Vec::new();
    for event in after(history).decide(read).unwrap() {
        if let InteractionEvent::MessageReceived { reply_id, .. } = event {
            found.push(reply_id);
        }
    }
    found
}

#[test]
fn a_message_may_carry_files_with_words_where_the_marketplace_takes_both() {
    let interaction = after(&[chat(Marketplace::Wildberries)]);
    for text in [TEXT, ""] {
        let expected = requested_with(FIRST, text, vec![photo(), file()]);
        let decided = interaction.decide(request(text, vec![photo(), file()]));
        assert_eq!(decided, Ok(vec![expected.clone()]));
        let delivery = after(&[chat(Marketplace::Wildberries), expected]).delivery_due(FIRST, 1);
        let files = delivery.unwrap().files;
        assert_eq!(files, [Personal::Known(photo()), Personal::Known(file())]);
    }
}

#[test]
fn where_words_and_a_file_are_two_calls_a_reply_is_one_of_them() {
    for marketplace in [Marketplace::Ozon, Marketplace::YandexMarket] {
        assert_eq!(refusal(chat(marketplace), "", vec![file()]), None);
        assert_eq!(
            refusal(chat(marketplace), TEXT, vec![file()]),
            Some(FileError::NotWithText.into())
        );
        assert_eq!(
            refusal(chat(marketplace), "", vec![file(), photo()]),
            Some(FileError::TooMany { count: 2, count_max: 1 }.into())
        );
    }
}

#[test]
fn a_file_that_the_marketplace_would_refuse_is_not_sent() {
    let too_large = OutgoingFile { size_bytes: 5 * 1024 * 1024 + 1, ..file() };
    for marketplace in [Marketplace::Wildberries, Marketplace::YandexMarket] {
        let refused = refusal(chat(marketplace), "", vec![too_large.clone()]);
        assert!(
            matches!(refused, Some(InteractionError::File(FileError::TooLarge { .. }))),
            "{refused:?}"
        );
    }
    let largest = OutgoingFile { size_bytes: 5 * 1024 * 1024, ..file() };
    let wildberries = || chat(Marketplace::Wildberries);
    assert_eq!(refusal(wildberries(), "", vec![largest.clone(); 6]), None);
    let refused = refusal(wildberries(), "", vec![largest; 7]);
    assert!(
        matches!(refused, Some(InteractionError::File(FileError::TooLargeTogether { .. }))),
        "{refused:?}"
    );
}

#[test]
fn neither_an_answer_to_a_review_nor_an_erased_buyer_is_sent_a_file() {
    assert_eq!(refusal(ingested(), TEXT, vec![file()]), Some(FileError::NotTaken.into()));
    assert_eq!(refusal(question(), TEXT, vec![file()]), Some(FileError::NotTaken.into()));
    let erased =
        InteractionEvent::BuyerErased { ground: ErasureGround::PersonsRequest, reference: None };
    let interaction = after(&[chat(Marketplace::Wildberries), erased]);
    let refused = interaction.decide(request(TEXT, vec![file()]));
    assert_eq!(refused, Err(InteractionError::BuyerErased));
}

#[test]
fn without_files_words_are_needed() {
    let refused = refusal(chat(Marketplace::Wildberries), " ", vec![]);
    assert!(matches!(refused, Some(InteractionError::Text(_))), "{refused:?}");
}

#[test]
fn a_message_with_files_is_known_again_by_what_is_told_of_them() {
    let sent_both = [
        chat(Marketplace::Wildberries),
        requested_with(FIRST, TEXT, vec![photo(), file()]),
        unknown(FIRST),
    ];
    let document = seen_as("Инструкция.pdf", Some(20_480));
    // Nothing is told of a picture.
    let picture = seen_as("", None);
    let message = shown("1", TEXT, vec![document.clone(), picture.clone()]);
    assert_eq!(found(&sent_both, vec![message]), [Some(FIRST)]);
    let other_words = shown("1", "Другое", vec![document, picture]);
    assert_eq!(found(&sent_both, vec![other_words]), [None]);

    let sent_file =
        [chat(Marketplace::Ozon), requested_with(FIRST, "", vec![file()]), unknown(FIRST)];
    let link = "[Инструкция.pdf](https://files.example/1)";
    for (text, name) in [("", "Инструкция.pdf"), (link, "Инструкция.pdf"), ("", "")]
    {
        let message = shown("1", text, vec![seen_as(name, None)]);
        assert_eq!(found(&sent_file, vec![message]), [Some(FIRST)], "{text} {name}");
    }
    for (text, files) in [
        ("", vec![seen_as("Прайс.pdf", Some(1))]),
        ("Смотрите", vec![seen_as("", None)]),
        ("Смотрите", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(found(&sent_file, vec![shown("1", text, files)]), [None], "{text}");
    }
}

/// A false absence would be sent a second time.
#[test]
fn what_a_marketplace_shows_in_parts_or_without_a_file_is_found() {
    let history = [
        chat(Marketplace::Wildberries),
        requested_with(FIRST, TEXT, vec![photo(), file()]),
        unknown(FIRST),
    ];
    let words = shown("1", TEXT, vec![]);
    let document = shown("2", "", vec![seen_as("Инструкция.pdf", Some(20_480))]);
    assert_eq!(found(&history, vec![words.clone()]), [Some(FIRST)]);
    assert_eq!(found(&history, vec![document.clone()]), [Some(FIRST)]);
    // The second part belongs to no other reply.
    assert_eq!(found(&history, vec![words, document]), [Some(FIRST), None]);
}

#[test]
fn each_of_two_replies_is_the_message_that_it_fits_best() {
    let history = [
        chat(Marketplace::Wildberries),
        requested_with(FIRST, TEXT, vec![]),
        sent(FIRST),
        requested_with(SECOND, TEXT, vec![file()]),
        sent(SECOND),
    ];
    let plain = shown("1", TEXT, vec![]);
    let with_file = shown("2", TEXT, vec![seen_as("Инструкция.pdf", None)]);
    for (messages, replies) in [
        (vec![plain.clone(), with_file.clone()], [Some(FIRST), Some(SECOND)]),
        (vec![with_file, plain], [Some(SECOND), Some(FIRST)]),
    ] {
        assert_eq!(found(&history, messages), replies);
    }
}
