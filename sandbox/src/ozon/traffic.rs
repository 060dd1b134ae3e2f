//! What test buyers write on Ozon.

use super::chat::{Chat, ChatCard, ChatType, Message};
use super::entry::Entry;
use super::posting::{Posting, Scheme};
use super::push::MessageType;
use super::question::Question;
use super::review::{Review, Status};
use super::seeds;
use super::shop::Shop;
use super::words::{Author, Schedule, Words};
use crate::chance::Chance;
use crate::corpus::{self, ChatPart, Product, WrittenQuestion, WrittenReview};
use crate::traffic::{Occasion, Writing};
use crate::world::{self, World};

/// A test buyer of one of the sellers.
struct Buyer<'a> {
    products: Vec<Product>,
    chance: Chance,
    occasion: &'a Occasion,
    seller: &'a str,
    shop: &'a Shop,
}

/// One act of a test buyer; none when nobody sells here.
pub(crate) fn buyer_acts(world: &World, occasion: &Occasion) -> anyhow::Result<Vec<world::Entry>> {
    let shops: Vec<(&String, &Shop)> = world.ozon.shops.iter().collect();
    let Some((seller, shop)) = occasion.one_of("seller", &shops) else { return Ok(Vec::new()) };
    let (products, chance) = (corpus::products()?, world.chance);
    let buyer = Buyer { products, chance, occasion, seller, shop };
    let entries = match occasion.writing()? {
        Writing::Review(review) => vec![buyer.reviews(&review)],
        Writing::Question(question) => vec![buyer.asks(question)?],
        Writing::Message => buyer.writes()?,
    };
    Ok(entries.into_iter().map(world::Entry::from).collect())
}

impl Buyer<'_> {
    fn reviews(&self, written: &WrittenReview) -> Entry {
        let now = self.occasion.now;
        let review = Review {
            id: self.occasion.draw("review").uuid_v7(now).to_string(),
            sku: self.sku(written.product.as_deref()),
            text: seeds::one_text(written),
            rating: written.rating,
            published_at: now,
            status: Status::New,
            photos: written.photos,
            videos: u8::from(written.video),
            is_cancelled: false,
            comments: Vec::new(),
        };
        Entry::ReviewAdded { seller: self.seller.to_owned(), review }
    }

    fn asks(&self, WrittenQuestion { product, text }: WrittenQuestion) -> anyhow::Result<Entry> {
        let now = self.occasion.now;
        let question = Question {
            id: self.occasion.draw("question id").uuid_v7(now).to_string(),
            sku: self.sku(Some(&product)),
            text,
            author_name: self.occasion.name()?.unwrap_or_default(),
            published_at: now,
            status: Status::New,
            answers: Vec::new(),
        };
        Ok(Entry::QuestionAdded { seller: self.seller.to_owned(), question })
    }

    fn writes(&self) -> anyhow::Result<Vec<Entry>> {
        let with_buyers =
            |chat: &&Chat| chat.card.chat_type == ChatType::BuyerSeller && !chat.is_closed;
        let chats: Vec<&Chat> = self.shop.chats.values().filter(with_buyers).collect();
        match self.occasion.goes_on_in(&chats) {
            Some(chat) => self.message(chat, ChatPart::Reply),
            None => self.begins(),
        }
    }

    fn begins(&self) -> anyhow::Result<Vec<Entry>> {
        let (now, draw) = (self.occasion.now, |what| self.occasion.draw(what));
        let order = draw("order");
        let order = format!("{}-{:04}", 10_000_000 + order.below(80_000_000), order.below(10_000));
        let posting = Posting {
            number: format!("{order}-1"),
            order_number: order,
            sku: self.sku(self.occasion.article()?.as_deref()),
            scheme: Scheme::default(),
            paid_at: Some(now),
            delivered_at: None,
        };
        let card = ChatCard {
            id: draw("chat id").uuid().to_string(),
            chat_type: ChatType::BuyerSeller,
            created_at: now,
            posting: Some(posting.number.clone()),
            customer_id: 100_000 + draw("customer").below(900_000),
        };
        let seller = || self.seller.to_owned();
        let mut entries = vec![
            Entry::PostingSet { seller: seller(), posting },
            Entry::ChatOpened { seller: seller(), chat: card.clone() },
        ];
        entries.extend(self.message(&Chat::new(card), ChatPart::Opening)?);
        Ok(entries)
    }

    /// The buyer's words, and the push about them if there is anybody to hear it.
    fn message(&self, chat: &Chat, part: ChatPart) -> anyhow::Result<Vec<Entry>> {
        let (now, text) = (self.occasion.now, self.occasion.words(part)?);
        let id = self.shop.next_message(now).to_string();
        let words = Words::new(id, &text, Author::Buyer, Schedule::at(now));
        let message = Message { words, file: None, updated_at: None };
        let push = self.shop.push(MessageType::NewMessage, chat, Some(&message), now);
        let (seller, target) = (self.seller.to_owned(), chat.card.id.clone());
        let push = push.map(|push| Entry::PushQueued { seller: seller.clone(), push });
        let written = Entry::MessageWritten { seller: seller.clone(), target, message };
        Ok(std::iter::once(written).chain(push).collect())
    }

    fn sku(&self, product: Option<&str>) -> u64 {
        seeds::sku(&self.products, self.chance, product)
    }
}
