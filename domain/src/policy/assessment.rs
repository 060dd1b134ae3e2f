//! What an interaction is about, read from its stars and words by rules of our own: at once, for nothing, and the same
//! every time. Models may know better; the order in which drafts are made cannot wait for them.
//!
//! Stars come first: of real reviews with one star nine in ten have none of the words that sound urgent.

#[cfg(test)]
mod tests;
mod topics;

use self::topics::{Topic, topics};
use crate::interaction::{Conversation, Turn};
use crate::value::{
    Analysis, BuyerWords, Channel, Confidence, Content, Intent, MessageAuthor, MessageWords,
    Priority, Sentiment,
};

/// The version of these rules; it grows with every change of what they say.
pub const VERSION: u32 = 2;

/// Says what a review or question is about, and of a chat what is known before its first message.
#[must_use]
pub fn of_content(channel: Channel, content: &Content) -> Analysis {
    let text = content.words.known().map_or_else(String::new, BuyerWords::in_one);
    of_words(channel, content.rating, &text)
}

/// Says what a message of a chat is about.
#[must_use]
pub fn of_message(words: &MessageWords) -> Analysis {
    of_words(Channel::Chat, None, &words.text)
}

/// Says what is asked of whoever answers now: in a chat what the buyer wrote since the seller's last message.
#[must_use]
pub fn of_conversation(channel: Channel, conversation: &Conversation) -> Analysis {
    let Conversation { turns, rating, .. } = conversation;
    if channel != Channel::Chat {
        let text = turns.first().map_or("", |turn| &turn.text);
        return of_words(channel, *rating, text);
    }
    let is_buyers = |turn: &&Turn| turn.author == MessageAuthor::Buyer;
    let since =
        turns.iter().rev().take_while(is_buyers).map(|turn| of_words(channel, None, &turn.text));
    // From the last to the first of them.
    let read = since.reduce(|later, earlier| followed_by(earlier, later));
    read.unwrap_or_else(|| of_words(channel, None, ""))
}

/// Says what words are about that came with so many stars, or with none.
#[must_use]
pub fn of_words(channel: Channel, rating: Option<u8>, text: &str) -> Analysis {
    let topics = topics(text);
    let (intent, confidence) = intent(channel, rating, &topics);
    Analysis {
        intent,
        sentiment: sentiment(rating, intent, &topics),
        priority: priority(channel, rating, intent),
        confidence: Confidence::new(confidence).unwrap_or(Confidence::FULL),
    }
}

/// Says what is asked by words that wait for one answer, oldest first: those of a review or question, or the messages of
/// a chat.
#[must_use]
pub fn of_words_that_wait(channel: Channel, rating: Option<u8>, words: &[&str]) -> Analysis {
    let read = words.iter().map(|text| of_words(channel, rating, text)).reduce(followed_by);
    read.unwrap_or_else(|| of_words(channel, rating, ""))
}

/// Of several messages that wait for one answer: what the last says, as urgently as any of them.
#[must_use]
pub fn followed_by(earlier: Analysis, later: Analysis) -> Analysis {
    let priority = earlier.priority.min(later.priority);
    // «Алло?» is not what they wrote about.
    let says_nothing = later.intent == Intent::General && earlier.intent != Intent::General;
    let told = if says_nothing { earlier } else { later };
    Analysis { priority, ..told }
}

fn intent(channel: Channel, rating: Option<u8>, topics: &[Topic]) -> (Intent, u8) {
    let complaints: Vec<Intent> = topics.iter().filter_map(|topic| topic.complaint()).collect();
    let has = |topic: Topic| topics.contains(&topic);
    // Whoever is content says «размер подошёл» and «не сломалось» in the same words as others complain; but it is less
    // sure then, as for those who ask for something, so that a person looks before anything goes out.
    let is_plain = complaints.is_empty() && !has(Topic::Question);
    if rating == Some(5) || (rating == Some(4) && complaints.is_empty()) {
        return (Intent::Thanks, if is_plain { 90 } else { 70 });
    }
    if let Some(intent) = most(&complaints) {
        let are_of_one_mind = complaints.iter().all(|other| *other == intent);
        return (intent, if are_of_one_mind { 80 } else { 60 });
    }
    let subject = topics.iter().find_map(|topic| topic.subject());
    match (channel, subject) {
        (Channel::Question | Channel::Chat, Some(intent)) => (intent, 70),
        (Channel::Question, None) => (Intent::PrePurchase, 60),
        (Channel::Chat, None) if has(Topic::Question) => (Intent::PrePurchase, 50),
        (Channel::Chat | Channel::Review, _) if rating.is_none() && has(Topic::Content) => {
            (Intent::Thanks, 70)
        }
        (Channel::Chat, None) => (Intent::General, 40),
        // Of few stars without a reason it is certain that somebody is not content, and nothing else.
        (Channel::Review, _) => (Intent::General, 50),
    }
}

/// Returns what is said most often, and of as often what was said first; but who wants to return something says so
/// once.
fn most(said: &[Intent]) -> Option<Intent> {
    if said.contains(&Intent::Return) {
        return Some(Intent::Return);
    }
    let often = |intent: &Intent| said.iter().filter(|other| *other == intent).count();
    said.iter().rev().max_by_key(|intent| often(intent)).copied()
}

fn sentiment(rating: Option<u8>, intent: Intent, topics: &[Topic]) -> Sentiment {
    match rating {
        Some(..=2) => return Sentiment::Negative,
        Some(3) => return Sentiment::Neutral,
        Some(_) => return Sentiment::Positive,
        None => (),
    }
    let is_complaint = topics.iter().any(|topic| topic.complaint() == Some(intent));
    if is_complaint || topics.contains(&Topic::Displeased) {
        Sentiment::Negative
    } else if topics.contains(&Topic::Content) {
        Sentiment::Positive
    } else {
        Sentiment::Neutral
    }
}

/// The matrix of F185, with the complaints of F182 the more urgent ones of few stars.
fn priority(channel: Channel, rating: Option<u8>, intent: Intent) -> Priority {
    use Intent as I;

    let is_of_goods = matches!(intent, I::Defect | I::WrongItem | I::Return);
    match (channel, rating) {
        (Channel::Review, Some(..=2)) if is_of_goods => Priority::Urgent,
        (Channel::Review, Some(..=2)) => Priority::High,
        (Channel::Review, Some(4..)) => Priority::Low,
        (Channel::Review, Some(_)) => Priority::Normal,
        (Channel::Chat, _) if is_of_goods => Priority::Urgent,
        (Channel::Chat, _) if matches!(intent, I::PrePurchase | I::Delivery | I::Sizing) => {
            Priority::High
        }
        (Channel::Question, _) if is_of_goods || intent == I::Sizing => Priority::High,
        (Channel::Chat | Channel::Question | Channel::Review, _) if intent == I::Thanks => {
            Priority::Low
        }
        (Channel::Chat | Channel::Question | Channel::Review, _) => Priority::Normal,
    }
}
