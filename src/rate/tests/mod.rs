//! What a rate may be, and how it is written.

use std::time::Duration;

use super::Rate;

#[test]
fn rates_are_read_strictly() {
    for (text, count, seconds) in [
        ("5/minute", 5, 60),
        ("8/3s", 8, 3),
        ("20/hour", 20, 3600),
        (" 1/day ", 1, 86_400),
        ("3/10m", 3, 600),
        ("3/2h", 3, 7200),
        ("1000000/second", 1_000_000, 1),
        ("60/1m", 60, 60),
    ] {
        let rate = Rate::new(count, Duration::from_secs(seconds)).unwrap();
        assert_eq!(text.parse(), Ok(rate), "{text}");
        assert_eq!(rate.to_string().parse(), Ok(rate), "{text}");
    }
    for text in [
        "",
        "5",
        "5/",
        "/minute",
        "5/minutes",
        "-5/minute",
        "+5/minute",
        "5/0s",
        "0/minute",
        "5/s",
        "5/25h",
        "1000001/second",
        "5/minute/2",
        "5.5/minute",
        "5/4294967295h",
        "5/é",
        "\u{661}/minute",
        "5/Minute",
        "off",
    ] {
        assert!(text.parse::<Rate>().is_err(), "{text}");
    }
    assert!(Rate::new(1, Duration::from_millis(1500)).is_err());
    assert_eq!(Rate::or_off("OFF"), Ok(None));
    assert!(Rate::or_off("no").unwrap_err().to_string().contains("5/minute"));
}

#[test]
fn text_is_as_a_person_would_write_it() {
    for text in ["1/second", "5/minute", "20/hour", "3/day", "8/3s"] {
        assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
    }
}
