/** What a browser says of itself, in words. */
import { expect, test } from "vitest";
import { programName } from "./program";

const LIKE_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0";

test("browsers are told by what they alone say", () => {
  for (const [program, name] of [
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${LIKE_CHROME} YaBrowser/25.10 Safari/537.36`,
      "Яндекс Браузер, Windows",
    ],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${LIKE_CHROME} Safari/537.36 Edg/142.0`, "Edge, Windows"],
    [`Mozilla/5.0 (Linux; Android 15) ${LIKE_CHROME} Mobile Safari/537.36`, "Chrome, Android"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox, Linux"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari, iPhone"],
  ] as const) {
    expect(programName(program)).toBe(name);
  }
});

test("what is no browser is told by its own words, and not by all of them", () => {
  expect(programName("curl/8.14.1")).toBe("curl/8.14.1");
  expect(programName("a".repeat(300))).toBe(`${"a".repeat(60)}…`);
  expect(programName(null)).toBe("Неизвестный браузер");
});
