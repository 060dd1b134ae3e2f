/** How marketplaces answer, in words. */
import { expect, test } from "vitest";
import { callsWords, moderationWords } from "./marketplace-words";

test("shares of moderation are told beside what is usual", () => {
  const recent = { answered: 37, refused: 3, refused_percent: 7.5 };
  const usual = { answered: 980, refused: 20, refused_percent: 2 };
  const none = { answered: 0, refused: 0, refused_percent: 0 };
  expect(moderationWords({ has_changed: true, recent, usual })).toBe(
    "Модерация отклонила 3 из 40 (7,5 %), обычно 2 %.",
  );
  expect(moderationWords({ has_changed: false, recent, usual: none })).toBe(
    "Модерация отклонила 3 из 40 (7,5 %), сравнить не с чем.",
  );
  expect(moderationWords({ has_changed: false, recent: none, usual })).toBe(
    "Модерация за эти дни ничего не решала.",
  );
});

test("times of calls are told beside what is usual", () => {
  const [slow, usual] = [
    { count: 20, median_below_ms: 2048 },
    { count: 100, median_below_ms: 512 },
  ];
  const none = { count: 0, median_below_ms: null };
  expect(callsWords({ has_changed: true, recent: slow, usual })).toBe(
    "Половина отправок занимает меньше 2 с, обычно меньше 512 мс.",
  );
  expect(callsWords({ has_changed: false, recent: usual, usual: none })).toBe(
    "Половина отправок занимает меньше 512 мс, сравнить не с чем.",
  );
  const stuck = { count: 20, median_below_ms: null };
  expect(callsWords({ has_changed: true, recent: stuck, usual })).toBe(
    "Половина отправок занимает 33 с и дольше, обычно меньше 512 мс.",
  );
  expect(callsWords({ has_changed: false, recent: none, usual })).toBe("За эти дни ничего не отправлялось.");
});
