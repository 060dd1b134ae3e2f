//! What test buyers write on Wildberries.

use serde_json::Value;

use super::chat::{Chat, Chats, Words};
use super::entry::Entry;
use super::files::{FileKind, StoredFile};
use super::seeds::{Circumstances, Maker};
use super::shop::Shop;
use crate::corpus::{ChatPart, WrittenQuestion, WrittenReview};
use crate::traffic::{Occasion, Writing};
use crate::world::{self, World};

/// Of a hundred reviews so many are supplements, of a hundred messages so many bring a photo.
const SUPPLEMENTS_PERCENT: u64 = 5;
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
    let shops = world.wildberries.shops.iter().filter(|(_, shop)| !shop.tokens.is_empty());
    let shops: Vec<(&String, &Shop)> = shops.collect();
    let Some((seller, shop)) = occasion.one_of("seller", &shops) else { return Ok(Vec::new()) };
    let buyer = Buyer { maker: Maker::new(world.chance)?, occasion, seller, shop };
    let entries = match occasion.writing()? {
        Writing::Review(review) => buyer.reviews(*review),
        Writing::Question(question) => vec![buyer.asks(&question)],
        Writing::Message => vec![buyer.writes()?],
    };
    Ok(entries.into_iter().map(world::Entry::from).collect())
}

impl Buyer<'_> {
    fn reviews(&self, mut review: WrittenReview) -> Vec<Entry> {
        let is_supplement = self.occasion.often("supplement", SUPPLEMENTS_PERCENT);
        let parent = is_supplement.then(|| self.first_review()).flatten();
        if let Some((_, product)) = &parent {
            review.product = product.clone();
        }
        let parent = parent.map(|(parent, _)| parent);
        let (seller, id) = (self.seller.to_owned(), self.occasion.draw("review").id());
        let supplemented = parent.clone().map(|target| {
            let changes = [("childFeedbackId".to_owned(), Value::from(id.clone()))];
            let changes = changes.into_iter().collect();
            Entry::ReviewRevised { seller: seller.clone(), target, changes }
        });
        let created = self.occasion.now;
        let around = Circumstances { seller: self.seller, id, created, parent, child: None };
        let feedback = self.maker.dressed(&review, around);
        let added = Entry::ReviewAdded { seller: seller.clone(), feedback };
        supplemented.into_iter().chain([added]).collect()
    }

    fn asks(&self, WrittenQuestion { product, text }: &WrittenQuestion) -> Entry {
        let id = self.occasion.draw("question id").id();
        let now = self.occasion.now;
        let question = self.maker.question(&id, text, Some(product.as_str()), self.seller, now);
        Entry::QuestionAdded { seller: self.seller.to_owned(), question, served: None }
    }

    fn writes(&self) -> anyhow::Result<Entry> {
        let chats: Vec<&Chat> = self.shop.chats.iter().collect();
        match self.occasion.goes_on_in(&chats) {
            Some(chat) => self.goes_on(chat),
            None => self.begins(),
        }
    }

    fn begins(&self) -> anyhow::Result<Entry> {
        let draw = |what| self.occasion.draw(what);
        let chat = format!("1:{}", draw("chat id").uuid());
        let sign = Chats::new_sign(&chat, &draw("user"), &draw("sign"));
        let name = self.occasion.name()?;
        let article = self.occasion.article()?;
        let purchase = self.maker.purchase(article.as_deref(), self.seller, &chat);
        let (text, files) = (self.occasion.words(ChatPart::Opening)?, self.photos());
        let words = Words {
            good_card: Some(purchase.good_card()),
            reply_sign: Some(&sign),
            ..self.words(&chat, &text, name.as_deref(), &files)
        };
        Ok(self.event(&words, sign.clone(), files.clone()))
    }

    fn goes_on(&self, chat: &Chat) -> anyhow::Result<Entry> {
        let (text, files) = (self.occasion.words(ChatPart::Reply)?, self.photos());
        let words = self.words(&chat.id, &text, Some(&chat.client_name), &files);
        Ok(self.event(&words, chat.reply_sign.clone(), files.clone()))
    }

    fn words<'a>(
        &self,
        chat: &'a str,
        text: &'a str,
        name: Option<&'a str>,
        files: &'a [StoredFile],
    ) -> Words<'a> {
        Words {
            chat,
            id: self.occasion.draw("event").uuid().to_string(),
            sender: "client",
            source: self.occasion.one_of("source", &["rusite", "ios", "android"]).copied(),
            text: Some(text),
            files,
            good_card: None,
            client_name: name,
            reply_sign: None,
        }
    }

    fn event(&self, words: &Words<'_>, reply_sign: String, files: Vec<StoredFile>) -> Entry {
        let event = words.event(self.shop.chats.free_moment(self.occasion.now));
        let seller = self.seller.to_owned();
        Entry::ChatEventAdded { seller, event, reply_sign, files, served: None }
    }

    /// A photo, now and then.
    fn photos(&self) -> Vec<StoredFile> {
        let photo = || StoredFile {
            id: self.occasion.draw("photo id").uuid().to_string(),
            name: "photo.jpg".to_owned(),
            kind: FileKind::Jpeg,
            content: FileKind::Jpeg.sample(),
            moderated_at: None,
            rejected: false,
        };
        self.occasion.often("photo", PHOTOS_PERCENT).then(photo).into_iter().collect()
    }

    /// A review without a supplement, with its product.
    fn first_review(&self) -> Option<(String, Option<String>)> {
        let free: Vec<_> =
            self.shop.reviews.values().filter(|review| review.takes_supplement()).collect();
        let review = self.occasion.one_of("supplemented", &free)?;
        Some((review.id().to_owned(), review.article().map(str::to_owned)))
    }
}
