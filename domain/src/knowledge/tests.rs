//! The rules of knowledge items.

use proptest::prelude::*;

use super::*;

fn document(title: &str, text: &str) -> Item {
    Item::Document(Document {
        topic: Topic::Returns,
        title: title.to_owned(),
        text: text.to_owned(),
        tags: vec![],
    })
}

fn product(article: &str) -> Product {
    Product {
        article: article.to_owned(),
        marketplace_articles: vec![],
        name: "Плед вязаный".to_owned(),
        link: None,
        description: String::new(),
        facts: vec![],
        price: None,
        availability: None,
        variants: vec![],
        delivery: None,
        tags: vec![],
    }
}

fn revise(replaces: Option<u32>, item: Item) -> KnowledgeCommand {
    KnowledgeCommand::Revise { replaces, item: Box::new(item) }
}

fn after(commands: impl IntoIterator<Item = KnowledgeCommand>) -> Knowledge {
    let mut knowledge = Knowledge::default();
    for command in commands {
        for event in knowledge.decide(command).unwrap() {
            knowledge.apply(event);
        }
    }
    knowledge
}

#[test]
fn whoever_comes_second_is_told() {
    let knowledge = after([
        revise(Some(0), document("Возврат", "14 дней")),
        revise(Some(1), document("Возврат", "30 дней")),
    ]);
    let changed = Err(KnowledgeError::Changed { version: 2 });
    assert_eq!(knowledge.decide(revise(Some(1), document("Возврат", "7 дней"))), changed);
    assert_eq!(knowledge.decide(KnowledgeCommand::Remove { replaces: 1 }), changed);
    // Whatever is written the same again is no change, whichever version its writer saw.
    assert_eq!(knowledge.decide(revise(Some(1), document(" Возврат ", "30 дней"))), Ok(vec![]));
}

#[test]
fn what_nobody_has_seen_is_not_written_over() {
    let knowledge = after([revise(Some(0), Item::Product(product("77")))]);
    let other = Product { name: "Другой плед".to_owned(), ..product("77") };
    let refused = knowledge.decide(revise(Some(0), Item::Product(other.clone())));
    assert_eq!(refused, Err(KnowledgeError::Changed { version: 1 }));
    // An import writes over what stands.
    let item = Item::Product(other);
    let revised = KnowledgeEvent::KnowledgeRevised { version: 2, item: Box::new(item.clone()) };
    assert_eq!(knowledge.decide(revise(None, item)), Ok(vec![revised]));
}

#[test]
fn what_was_removed_may_be_written_anew_and_counts_on() {
    let removed =
        [revise(Some(0), document("Возврат", "14 дней")), KnowledgeCommand::Remove { replaces: 1 }];
    let knowledge = after(removed);
    assert_eq!(knowledge.item(), (2, None));
    assert_eq!(knowledge.decide(KnowledgeCommand::Remove { replaces: 1 }), Ok(vec![]));
    let late = knowledge.decide(revise(Some(1), document("Возврат", "30 дней")));
    assert_eq!(late, Err(KnowledgeError::Unknown));
    let item = document("Возврат", "30 дней");
    let anew = KnowledgeEvent::KnowledgeRevised { version: 3, item: Box::new(item.clone()) };
    assert_eq!(knowledge.decide(revise(Some(0), item)), Ok(vec![anew]));
    let never = Knowledge::default().decide(KnowledgeCommand::Remove { replaces: 0 });
    assert_eq!(never, Err(KnowledgeError::Unknown));
}

#[test]
fn a_product_keeps_its_article() {
    let knowledge = after([revise(Some(0), Item::Product(product("77")))]);
    for other in [Item::Product(product("78")), document("Плед", "Тёплый")] {
        assert_eq!(knowledge.decide(revise(Some(1), other)), Err(KnowledgeError::OtherItem));
    }
}

#[test]
fn what_cannot_be_is_named() {
    let fault = |item: Item| item.checked().map(|_| ()).unwrap_err();
    let long = "я".repeat(TITLE_CHARS_MAX + 1);
    let price = |amount_minor, currency: &str| {
        let price = Some(Price { amount_minor, currency: currency.to_owned() });
        Item::Product(Product { price, ..product("1") })
    };
    let fact = Fact { name: "Состав".to_owned(), value: " ".to_owned() };
    let many = vec!["тег".to_owned(); 51];
    for (item, field, expected) in [
        (document(" ", "Текст"), "document.title", Fault::Blank),
        (document(&long, "Текст"), "document.title", Fault::Long { max: TITLE_CHARS_MAX }),
        (document("Возврат", "\u{0}…"), "document.text", Fault::Blank),
        (Item::Product(product(" ")), "product.article", Fault::Blank),
        (price(-1, "RUB"), "product.price.amount_minor", Fault::NotAPrice),
        (price(1, "руб"), "product.price.currency", Fault::NotACurrency),
        (
            Item::Product(Product { facts: vec![fact], ..product("1") }),
            "product.facts.0.value",
            Fault::Blank,
        ),
        (
            Item::Product(Product { link: Some("javascript:1".into()), ..product("1") }),
            "product.link",
            Fault::NotALink,
        ),
        (
            Item::Product(Product { tags: many, ..product("1") }),
            "product.tags",
            Fault::Many { max: 50 },
        ),
    ] {
        assert_eq!(fault(item), ItemError { field: field.to_owned(), fault: expected });
    }
}

#[test]
fn what_says_nothing_is_left_out() {
    let Item::Product(tidy) = Item::Product(Product {
        name: " Плед\u{0}\r\n вязаный ".to_owned(),
        tags: vec![" тёплый ".to_owned(), String::new(), "тёплый".to_owned()],
        marketplace_articles: vec!["77".to_owned(), "900".to_owned()],
        delivery: Some("  ".to_owned()),
        description: "  Мягкий\u{7} \r\n\r\n на диван ".to_owned(),
        ..product("77")
    })
    .checked()
    .unwrap() else {
        panic!("a product stays one");
    };
    assert_eq!(tidy.name, "Плед вязаный");
    assert_eq!(tidy.tags, ["тёплый"]);
    assert_eq!(tidy.marketplace_articles, ["900"]);
    assert_eq!((tidy.delivery, tidy.description.as_str()), (None, "Мягкий\n\nна диван"));
}

#[test]
fn thoughts_are_passages_of_their_own() {
    let first = "Возврат принимаем в течение 14 дней. ".repeat(4);
    let text = format!("{first}\n\nДоставка занимает от двух до пяти дней.\n\nЗвонить не нужно.");
    let passages = document("Правила", &text).passages();
    let together = "Доставка занимает от двух до пяти дней.\nЗвонить не нужно.";
    assert_eq!(passages, [first.trim(), together]);
}

#[test]
fn a_product_tells_what_buyers_ask_about_first() {
    let item = Item::Product(Product {
        price: Some(Price { amount_minor: 129_050, currency: "RUB".to_owned() }),
        availability: Some(Availability::OutOfStock),
        facts: vec![Fact { name: "Состав".to_owned(), value: "шерсть".to_owned() }],
        variants: vec!["серый".to_owned(), "белый".to_owned()],
        description: "Связан вручную.".to_owned(),
        link: Some("https://example.ru/77".to_owned()),
        ..product("77")
    });
    let told = "Плед вязаный. Артикул 77.\nЦена: 1290,50 ₽.\nНаличие: нет в наличии.\nСостав: шерсть.\n\
                Варианты: серый, белый.\nСвязан вручную.";
    assert_eq!(item.passages(), [told]);
}

proptest! {
    /// Cutting loses no word and makes no passage too long.
    #[test]
    fn passages_are_short_and_say_all(
        text in "[а-я]{1,12}([ .\n]{1,3}[а-я]{1,12}){0,150}",
        glued in "[а-я]{0,800}",
    ) {
        let text = format!("{text} {glued}");
        let passages = document("Правила", &text).passages();
        prop_assert!(!passages.is_empty());
        let letters = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
        prop_assert_eq!(letters(&passages.concat()), letters(&text));
        for passage in passages {
            prop_assert!((1..=PASSAGE_CHARS_MAX).contains(&passage.chars().count()));
        }
    }
}
