/** What is typed about a recipient, and what is asked for. */
import type { AlertSeverity, Medium, Recipient, RecipientChange } from "@/lib/api/types";

export interface Typed {
  least: AlertSeverity;
  isQuiet: boolean;
  from: string;
  to: string;
}

/** At night nobody can do anything about what can wait. */
export const USUAL: Typed = { least: "warning", isQuiet: true, from: "22:00", to: "08:00" };

export const MEDIUM: Record<Medium, { name: string; address: string; help: string }> = {
  email: {
    name: "Почта",
    address: "Адрес почты",
    help: "Один адрес: личный или общий ящик команды.",
  },
  telegram: {
    name: "Telegram",
    address: "Номер чата или @имя канала",
    help: "Сначала напишите боту этой установки или добавьте его в чат: первым он писать не может.",
  },
  webhook: {
    name: "Вебхук",
    address: "Адрес программы",
    help: "https://… Каждое сообщение подписано по стандарту Standard Webhooks; ключ подписи можно открыть после добавления.",
  },
};

export const LEAST = [
  { value: "warning", label: "Все тревоги" },
  { value: "critical", label: "Только срочные" },
] as const;

/** What is typed to begin with, where a recipient is changed. */
export function typed({ least_severity, quiet_hours }: Recipient): Typed {
  const { from, to } = quiet_hours ?? USUAL;
  return { least: least_severity, isQuiet: quiet_hours !== null, from, to };
}

/** Whether there are quiet hours: whoever hears of what is urgent only is told of it at any hour. */
function hasQuiet({ least, isQuiet }: Typed): boolean {
  return least === "warning" && isQuiet;
}

/** What is wrong with the quiet hours; undefined where nothing is. */
export function quietFault(form: Typed): string | undefined {
  const { from, to } = form;
  if (!hasQuiet(form)) return undefined;
  if (from === "" || to === "") return "Укажите оба времени";
  return from === to ? "Укажите два разных времени" : undefined;
}

/** What is asked for. */
export function asked(form: Typed): RecipientChange {
  const { least, from, to } = form;
  return { least_severity: least, quiet_hours: hasQuiet(form) ? { from, to } : null };
}

/** "Все тревоги; с 22:00 до 08:00 только срочные." */
export function wishes({ least_severity, quiet_hours }: Recipient): string {
  if (least_severity === "critical") return "Только срочные тревоги, в любое время.";
  if (quiet_hours === null) return "Все тревоги, в любое время.";
  return `Все тревоги; с ${quiet_hours.from} до ${quiet_hours.to} только срочные, остальное — после.`;
}
