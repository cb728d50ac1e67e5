//! The demonstration's shop: a small catalogue and a delivery calendar, read
//! from a file that only the bot knows.

use std::{fs, path::Path};

use anyhow::Context;
use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};
use serde::Deserialize;

/// What the file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shop {
    /// ISO 4217.
    pub currency: String,
    /// Where checkouts are.
    pub checkout_url: String,
    /// What there is to buy.
    pub products: Vec<Product>,
    /// How parcels travel.
    pub delivery: Delivery,
}

/// Something to buy.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its price in minor units.
    pub price_minor: i64,
    /// Its colours.
    pub colours: Vec<String>,
}

/// How parcels travel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    working_days: u32,
    closed_weekdays: Vec<String>,
    holidays: Vec<Holiday>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    date: Date,
    name: String,
}

/// When a parcel that leaves today arrives.
#[derive(Debug, PartialEq, Eq)]
pub struct Estimate {
    /// The last day on which it is expected.
    pub latest: Date,
    /// Why that is not certain: holidays on the way.
    pub doubt: Option<String>,
}

impl Shop {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read or says something else.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is not as expected", path.display()))
    }

    /// The product of this id.
    pub fn product(&self, id: &str) -> Option<&Product> {
        self.products.iter().find(|it| it.id == id)
    }
}

impl Delivery {
    /// Counts working days from the day after `today`.
    pub fn estimate(&self, today: Date) -> Estimate {
        let mut latest = today;
        let mut left = self.working_days;
        let mut doubts = Vec::new();
        while left > 0 {
            latest = latest.saturating_add(1.days());
            if latest == Date::MAX {
                break;
            }
            if let Some(holiday) = self.holidays.iter().find(|it| it.date == latest) {
                doubts.push(format!("{} on {latest}", holiday.name));
            } else if !self.is_closed(latest.weekday()) {
                left -= 1;
            }
        }
        let doubt = (!doubts.is_empty()).then(|| doubts.join(", "));
        Estimate { latest, doubt }
    }

    fn is_closed(&self, weekday: Weekday) -> bool {
        let name = format!("{weekday:?}").to_lowercase();
        self.closed_weekdays.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_holiday_on_the_way_is_a_doubt() {
        let shop: Shop = toml::from_str(include_str!("../../demo/shop.toml")).unwrap();
        let tuesday = shop.delivery.estimate(date(2026, 11, 24));
        assert_eq!(tuesday.latest, date(2026, 11, 27));
        assert_eq!(
            tuesday.doubt.as_deref(),
            Some("public holiday on 2026-11-26")
        );
        let thursday = shop.delivery.estimate(date(2026, 11, 27));
        assert_eq!(
            thursday,
            Estimate {
                latest: date(2026, 11, 30),
                doubt: None
            }
        );
    }
}
