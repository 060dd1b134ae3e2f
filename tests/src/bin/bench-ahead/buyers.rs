//! Buyers who write at all marketplaces while the run goes on: what, where, and how often.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tests::sandbox::Sandbox;
use tests::shops::{CALLS, Call};
use tokio::time::{Instant, sleep_until};

/// Items that come in a minute, of all sellers together.
const PER_MINUTE: u32 = 250;

/// Of a hundred messages of chats so many go on with one that there is.
const AGAIN_PERCENT: u32 = 35;

/// What is written in a chat that there is.
const AGAIN: &str = "Здравствуйте, так что же мне делать?";

/// What a buyer writes, and how often of a hundred. About a third is urgent or high by our own rules.
struct Writing {
    percent: u32,
    channel: &'static str,
    stars: u8,
    text: &'static str,
}

static WRITINGS: [Writing; 13] = [
    Writing::review(25, 5, "Спасибо, всё отлично, очень довольны!"),
    Writing::review(5, 4, "Хорошая вещь, пользуемся каждый день."),
    Writing::review(5, 3, "Обычная вещь, ничего особенного."),
    Writing::review(7, 2, "Не понравилось, зря потратили деньги."),
    Writing::review(8, 1, "Через неделю сломался и больше не работает."),
    Writing::question(10, "Подскажите, из чего это сделано?"),
    Writing::question(5, "Какой размер выбрать?"),
    Writing::question(5, "Можно ли стирать в машине?"),
    Writing::chat(8, "Здравствуйте! Пришёл с трещиной, что делать?"),
    Writing::chat(6, "Добрый день, когда привезут мой заказ?"),
    Writing::chat(6, "Здравствуйте, хочу вернуть товар, он не подошёл."),
    Writing::chat(5, "Спасибо, всё получили!"),
    Writing::chat(5, "Здравствуйте, есть вопрос по комплекту."),
];

/// Words of which each buyer has others, so that no two wrote the same and what is asked of the model tells them apart.
const OWN: [[&str; 10]; 4] = [
    [
        "синий",
        "зелёный",
        "серый",
        "белый",
        "чёрный",
        "бежевый",
        "полосатый",
        "клетчатый",
        "бордовый",
        "рыжий",
    ],
    [
        "плед",
        "чайник",
        "рюкзак",
        "коврик",
        "торшер",
        "термос",
        "фонарик",
        "зонт",
        "сундук",
        "пенал",
    ],
    [
        "на дачу",
        "в спальню",
        "в гостиную",
        "на кухню",
        "в детскую",
        "в гараж",
        "на балкон",
        "в прихожую",
        "в офис",
        "в мастерскую",
    ],
    [
        "для мамы",
        "для брата",
        "для сестры",
        "для соседа",
        "для бабушки",
        "для дедушки",
        "для тёти",
        "для дяди",
        "для подруги",
        "для коллеги",
    ],
];

/// Returns words that no other number has, up to 10 000.
pub(crate) fn own_words(number: usize) -> String {
    let places = (0_u32..).map(|place| number / 10_usize.pow(place) % 10);
    let words: Vec<&str> = OWN.iter().zip(places).map(|(words, place)| words[place]).collect();
    words.join(" ")
}

impl Writing {
    const fn review(percent: u32, stars: u8, text: &'static str) -> Self {
        Self { percent, channel: "review", stars, text }
    }

    const fn question(percent: u32, text: &'static str) -> Self {
        Self { percent, channel: "question", stars: 0, text }
    }

    const fn chat(percent: u32, text: &'static str) -> Self {
        Self { percent, channel: "chat", stars: 0, text }
    }

    fn any(chance: &mut StdRng) -> &'static Self {
        let mut left = chance.random_range(0..100);
        let is_it = |writing: &&Self| {
            let is_it = left < writing.percent;
            left = left.saturating_sub(writing.percent);
            is_it
        };
        WRITINGS.iter().find(is_it).unwrap_or(&WRITINGS[0])
    }
}

/// Returns how long it takes so many items to come in.
pub(crate) fn span(items: usize) -> Duration {
    Duration::from_mins(1).mul_f64(items as f64 / f64::from(PER_MINUTE))
}

/// Writes so many items, evenly over [`span`], each to a shop and by a call that are drawn, the same in every run.
///
/// # Errors
/// When the sandbox refuses one.
pub(crate) async fn write(
    sandbox: &Sandbox,
    shops: &[String],
    items: usize,
    started: Instant,
) -> anyhow::Result<()> {
    let mut chance = StdRng::seed_from_u64(1);
    let mut chats: Vec<(Call, usize, String)> = Vec::new();
    for number in 0..items {
        sleep_until(started + span(number)).await;
        let writing = Writing::any(&mut chance);
        let own = own_words(number);
        let goes_on = writing.channel == "chat"
            && !chats.is_empty()
            && chance.random_range(0..100) < AGAIN_PERCENT;
        if goes_on {
            let (call, shop, chat) = &chats[chance.random_range(0..chats.len())];
            let text = format!("{AGAIN} Писали про {own}.");
            call.written_again(sandbox, &shops[*shop], chat, &text).await?;
            continue;
        }
        let calls: Vec<Call> =
            CALLS.into_iter().filter(|call| call.channel == writing.channel).collect();
        let call = calls[chance.random_range(0..calls.len())];
        let shop = chance.random_range(0..shops.len());
        let text = format!("{} Брали {own}.", writing.text);
        let id = call.written(sandbox, &shops[shop], &text, writing.stars).await?;
        if writing.channel == "chat" {
            chats.push((call, shop, id));
        }
    }
    Ok(())
}
