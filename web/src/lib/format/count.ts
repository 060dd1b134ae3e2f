/** Numbers and the Russian words that go with them. */

const RULES = new Intl.PluralRules("ru-RU");
const NUMBER = new Intl.NumberFormat("ru-RU");

/** Forms of a word for 1, for 2–4 and for 5 and more. */
export type Forms = readonly [one: string, few: string, many: string];

/** "1 отзыв", "3 отзыва", "12 отзывов" */
export function counted(count: number, [one, few, many]: Forms): string {
  const rule = RULES.select(count);
  return `${NUMBER.format(count)} ${rule === "one" ? one : rule === "few" ? few : many}`;
}

/** "12 480" */
export function grouped(count: number): string {
  return NUMBER.format(count);
}

/** Length as marketplaces count it: a surrogate pair is one character. */
export function characters(text: string): number {
  return Array.from(text).length;
}
