/** Sizes of files. */

const UNITS = ["Б", "КБ", "МБ", "ГБ"] as const;
const NUMBER = new Intl.NumberFormat("ru-RU", { maximumFractionDigits: 1 });

/** "512 Б", "40 КБ", "1,5 МБ" */
export function fileSize(bytes: number): string {
  let [size, unit] = [bytes, 0];
  while (size >= 1024 && unit < UNITS.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${NUMBER.format(size)} ${UNITS[unit]}`;
}
