//! What is wrong with what a seller wants of deadlines, in the user's words.

use domain::sla::{
    Day, FACTOR_PERCENT_MAX, HOLIDAYS_MAX, LEVEL_SHIFT_MAX, MINUTES_MAX, RULES_MAX, RuleFault,
    SHIFTS_MAX, SlaError, WARN_BEFORE_MINUTES_MAX, WEEK_MINUTES_MIN, WORDS_MAX,
};
use projections::sla_what_if::WhatIfError;

use super::super::{ApiError, Code};
use super::message;

impl From<SlaError> for ApiError {
    fn from(rule: SlaError) -> Self {
        let (field, message) = match rule {
            SlaError::Minutes(priority) => {
                (format!("minutes.{}", priority.as_str()), format!("от 1 до {MINUTES_MAX}"))
            }
            SlaError::Order(priority) => (
                format!("minutes.{}", priority.as_str()),
                "не меньше, чем у более срочного".to_owned(),
            ),
            SlaError::WarnBefore => {
                ("warn_before_minutes".to_owned(), format!("от 0 до {WARN_BEFORE_MINUTES_MAX}"))
            }
            SlaError::Factor => {
                ("off_hours.factor_percent".to_owned(), format!("от 100 до {FACTOR_PERCENT_MAX}"))
            }
            SlaError::LevelShift => (
                "off_hours.level_shift".to_owned(),
                format!("от -{LEVEL_SHIFT_MAX} до {LEVEL_SHIFT_MAX}"),
            ),
            SlaError::TooManyRules => ("rules".to_owned(), format!("не больше {RULES_MAX} правил")),
            SlaError::TooManyWords => {
                ("rules".to_owned(), format!("не больше {WORDS_MAX} слов и фраз во всех правилах"))
            }
            SlaError::Rule { index, fault } => of_rule(index, fault),
            SlaError::TooManyShifts(day) => {
                (place(day), format!("не больше {SHIFTS_MAX} интервалов"))
            }
            SlaError::Shift { day, index } => {
                (format!("{}.{index}", place(day)), "начало и конец должны различаться".to_owned())
            }
            SlaError::Overlap { day, index } => (
                format!("{}.{index}", place(day)),
                "начинается раньше, чем кончился предыдущий".to_owned(),
            ),
            SlaError::TooManyHolidays => {
                ("holidays".to_owned(), format!("не больше {HOLIDAYS_MAX} дат"))
            }
            SlaError::TooLittleWork => (
                "week".to_owned(),
                format!(
                    "не меньше {WEEK_MINUTES_MIN} рабочих минут в неделю: иначе срок не наступит"
                ),
            ),
        };
        Self::new(Code::InvalidBody).field(format!("sla.{field}"), message)
    }
}

fn of_rule(index: usize, fault: RuleFault) -> (String, String) {
    match fault {
        RuleFault::NoWords => {
            (format!("rules.{index}.phrases"), "нужно хотя бы одно слово".to_owned())
        }
        RuleFault::Phrase { index: phrase, fault } => {
            (format!("rules.{index}.phrases.{phrase}"), message(fault))
        }
        RuleFault::Comma { index: phrase } => {
            let message = "без запятой: что стоит по разные стороны от неё, пишется по отдельности";
            (format!("rules.{index}.phrases.{phrase}"), message.to_owned())
        }
        RuleFault::Minutes => (format!("rules.{index}.minutes"), format!("от 1 до {MINUTES_MAX}")),
    }
}

fn place(day: Day) -> String {
    match day {
        Day::Weekday(day) => format!("week.{day}"),
        Day::Holiday(date) => format!("holidays.{date}"),
    }
}

impl From<WhatIfError> for ApiError {
    fn from(error: WhatIfError) -> Self {
        match error {
            WhatIfError::Log(error) => error.into(),
            WhatIfError::Thread(error) => anyhow::Error::from(error).into(),
        }
    }
}
