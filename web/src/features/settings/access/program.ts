/** What a browser says of itself, in words. */

/** The more particular first: each of these says that it is the next ones, too. */
const BROWSERS = [
  ["YaBrowser/", "Яндекс Браузер"],
  ["Edg", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
] as const;

const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Windows", "Windows"],
  ["Mac OS", "macOS"],
  ["Linux", "Linux"],
] as const;

const LONGEST = 60;

/** "Firefox, Linux"; its own words where they are no browser's that is known here. */
export function programName(program: string | null): string {
  if (program === null) return "Неизвестный браузер";
  const browser = BROWSERS.find(([mark]) => program.includes(mark))?.[1];
  if (browser === undefined) return program.length > LONGEST ? `${program.slice(0, LONGEST)}…` : program;
  const system = SYSTEMS.find(([mark]) => program.includes(mark))?.[1];
  return system === undefined ? browser : `${browser}, ${system}`;
}
