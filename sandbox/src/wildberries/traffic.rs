//! What test buyers write on Wildberries: half of the time a review, else a question, or words in a chat.

use serde_json::Value;

use super::chat::{Chat, Chats, Words};
use super::entry::Entry;
use super::files::{FileKind, StoredFile};
use super::seeds::{Circumstances, Maker};
use super::shop::Shop;
use crate::corpus::{self, ChatPart, Phrases};
use crate::traffic::Occasion;
use crate::world::{self, World};

/// Of a hundred acts of test buyers so many are reviews, and so many more are questions.
const REVIEWS_PERCENT: u64 = 50;
const QUESTIONS_PERCENT: u64 = 20;
/// Of a hundred reviews so many are supplements, of a hundred messages so many begin a chat or bring a photo.
const SUPPLEMENTS_PERCENT: u64 = 5;
const NEW_CHATS_PERCENT: u64 = 35;
const PHOTOS_PERCENT: u64 = 10;

/// A test buyer of one of the sellers.
struct Buyer<'a> {
    maker: Maker,
    occasion: &'a Occasion,
    seller: &'a str,
    shop: &'a Shop,
}

/// One act of a test buyer; none when nobody sells here.
pub(crate) fn buyer_acts(world: &World, occasion: &Occasion) -> anyhow::Result<Vec<world::Entry>> {
    let shops: Vec<(&String, &Shop)> = world.wildberries.shops.iter().collect();
    let Some((seller, shop)) = occasion.one_of("seller", &shops) else { return Ok(Vec::new()) };
    let buyer = Buyer { maker: Maker::new(world.chance)?, occasion, seller, shop };
    let share = occasion.draw("act").below(100);
    let entries = if share < REVIEWS_PERCENT {
        buyer.writes_a_review()?
    } else if share < REVIEWS_PERCENT + QUESTIONS_PERCENT {
        buyer.asks()?
    } else {
        buyer.writes_in_a_chat()?
    };
    Ok(entries.into_iter().map(world::Entry::from).collect())
}

impl Buyer<'_> {
    fn writes_a_review(&self) -> anyhow::Result<Vec<Entry>> {
        let article = self.maker.article(&self.occasion.draw("product"));
        let mut review = Phrases::read()?.review(article, |what| self.occasion.draw(what));
        // Only the seller answers.
        review.answer = None;
        let parent = self.often("supplement", SUPPLEMENTS_PERCENT).then(|| self.first_review());
        let parent = parent.flatten();
        if let Some((_, product)) = &parent {
            review.product = product.clone();
        }
        let id = self.occasion.draw("review").id();
        let parent = parent.map(|(parent, _)| parent);
        let supplemented = parent.clone().map(|target| Entry::ReviewRevised {
            seller: self.seller.to_owned(),
            target,
            changes: [("childFeedbackId".to_owned(), Value::from(id.clone()))]
                .into_iter()
                .collect(),
        });
        let created = self.occasion.now;
        let around = Circumstances { seller: self.seller, id, created, parent, child: None };
        let feedback = self.maker.dressed(&review, around);
        let added = Entry::ReviewAdded { seller: self.seller.to_owned(), feedback };
        Ok(supplemented.into_iter().chain([added]).collect())
    }

    fn asks(&self) -> anyhow::Result<Vec<Entry>> {
        let questions = corpus::questions()?;
        let Some(asked) = self.occasion.one_of("question", &questions) else {
            return Ok(Vec::new());
        };
        let id = self.occasion.draw("question id").id();
        let product = Some(asked.product.as_str());
        let question =
            self.maker.question(&id, &asked.text, product, self.seller, self.occasion.now);
        Ok(vec![Entry::QuestionAdded { seller: self.seller.to_owned(), question, served: None }])
    }

    fn writes_in_a_chat(&self) -> anyhow::Result<Vec<Entry>> {
        let chats: Vec<&Chat> = self.shop.chats.iter().collect();
        let known = self.occasion.one_of("chat", &chats);
        let known = known.filter(|_| !self.often("new chat", NEW_CHATS_PERCENT));
        let part = if known.is_some() { ChatPart::Reply } else { ChatPart::Opening };
        let messages: Vec<_> =
            corpus::messages()?.into_iter().filter(|message| message.part == part).collect();
        let Some(message) = self.occasion.one_of("message", &messages) else {
            return Ok(Vec::new());
        };
        let chat = known.map_or_else(
            || format!("1:{}", self.occasion.draw("chat id").uuid()),
            |chat| chat.id.clone(),
        );
        let reply_sign = known.map_or_else(
            || Chats::new_sign(&chat, &self.occasion.draw("user"), &self.occasion.draw("sign")),
            |chat| chat.reply_sign.clone(),
        );
        let name = match known {
            Some(chat) => Some(chat.client_name.clone()),
            None => Phrases::read()?.name(&self.occasion.draw("name")),
        };
        let card = known.is_none().then(|| {
            let article = self.maker.article(&self.occasion.draw("product"));
            self.maker.purchase(article.as_deref(), self.seller, &chat).good_card()
        });
        let photo = self.often("photo", PHOTOS_PERCENT).then(|| StoredFile {
            id: self.occasion.draw("photo id").uuid().to_string(),
            name: "photo.jpg".to_owned(),
            kind: FileKind::Jpeg,
            content: FileKind::Jpeg.sample(),
            moderated_at: None,
            rejected: false,
        });
        let files: Vec<StoredFile> = photo.into_iter().collect();
        let words = Words {
            chat: &chat,
            id: self.occasion.draw("event").uuid().to_string(),
            sender: "client",
            source: self.occasion.one_of("source", &["rusite", "ios", "android"]).copied(),
            text: Some(&message.text),
            files: &files,
            good_card: card,
            client_name: name.as_deref(),
            reply_sign: known.is_none().then_some(reply_sign.as_str()),
        };
        let event = words.event(self.shop.chats.free_moment(self.occasion.now));
        let seller = self.seller.to_owned();
        Ok(vec![Entry::ChatEventAdded { seller, event, reply_sign, files, served: None }])
    }

    fn often(&self, what: &str, percent: u64) -> bool {
        self.occasion.draw(what).below(100) < percent
    }

    /// A review without a supplement, with its product.
    fn first_review(&self) -> Option<(String, Option<String>)> {
        let free: Vec<_> =
            self.shop.reviews.values().filter(|review| review.takes_supplement()).collect();
        let review = self.occasion.one_of("supplemented", &free)?;
        Some((review.id().to_owned(), review.article().map(str::to_owned)))
    }
}
