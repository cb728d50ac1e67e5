//! Rules without code, from their documents to what they say of a moment.

mod agreement;
mod components;
mod evaluation;
mod example;
mod mistakes;
mod shop;
