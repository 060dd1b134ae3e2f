/** The path to replies that need nobody: its steps, why one cannot be taken, and what taking it means. */
import type { Automation, AutomationStage, Backtest } from "@/lib/api/types";
import { counted, grouped } from "@/lib/format/count";
import { exactTime } from "@/lib/format/time";
import { isAutomatic } from "@/lib/words";
import { PILOT } from "./form";

export const PATH: readonly AutomationStage[] = ["observation", "backtested", "pilot", "on"];

/** Why nothing beyond the check can be reached, whatever the rules are. */
export const NOT_OFFERED =
  "Пилот и включение здесь недоступны: администратор AgentIQ запустил сервер без --automatic-replies.";

export interface Place {
  /** As it is in force. */
  automation: Automation;
  /** Whether this installation sends anything by itself. */
  offered: boolean;
  /** Something in the form is not saved. */
  isEdited: boolean;
  /** The last backtest of the rules in force that people judged something of. */
  proof: Backtest | undefined;
}

/** The steps on either side. */
export function around(stage: AutomationStage): {
  back: AutomationStage | undefined;
  next: AutomationStage | undefined;
} {
  const at = PATH.indexOf(stage);
  return { back: PATH[at - 1], next: PATH[at + 1] };
}

/** Why a step cannot be taken now; nothing when it can. */
export function obstacle(to: AutomationStage, place: Place): string | undefined {
  const { automation, offered, isEdited, proof } = place;
  if (isEdited) return "Сначала сохраните изменения: переходят с сохранёнными настройками.";
  if (isAutomatic(to) && !offered) {
    return NOT_OFFERED;
  }
  if (to === "backtested" && automation.stage === "observation" && !proof) {
    return "Сначала проверьте эти правила на истории: кнопка «Проверить» внизу страницы. Нужен хотя бы один черновик, о котором решили люди.";
  }
  if (to === "pilot" && !fitsPilot(automation)) {
    return `${PILOT_WORDS} Измените «Сколько» и сохраните.`;
  }
  return undefined;
}

/** What will happen once the step is taken, in plain words. */
export function consequences(to: AutomationStage, automation: Automation): string[] {
  const isBack = PATH.indexOf(to) < PATH.indexOf(automation.stage);
  switch (to) {
    case "observation":
      return ["Правила останутся, но опираться на проверку больше не будут.", "Отправляют по-прежнему люди."];
    case "backtested":
      return isBack
        ? [
            "Новые ответы перестанут уходить сами: отправлять снова будут люди.",
            "Те, что ещё отложены, тоже не уйдут: каждый вернётся к человеку, когда подойдёт его время. Вернуть их сразу можно кнопкой «Остановить всё» вверху страницы.",
          ]
        : [
            "Правила будут опираться на последнюю проверку на истории.",
            "Сами ответы ещё не уходят: отправляют люди.",
          ];
    case "pilot":
      return isBack
        ? [`Ответы уходят сами и дальше, но снова не больше, чем в пилоте: ${pace(automation)}`, STOP]
        : [
            `Ответы, которые разрешают правила, начнут уходить сами: ${pace(automation)}`,
            "Каждый виден на этой странице и, пока не ушёл, в «Отложенных».",
            STOP,
          ];
    case "on":
      return [
        `Ответы, которые разрешают правила, уходят сами и дальше: ${pace(automation)}`,
        "Границы пилота больше не действуют: лимиты можно будет поднять, а время на отмену сократить.",
        STOP,
      ];
  }
}

/** What shows that the rules in force are good. `rests` is the backtest that they rest on. */
export function proofWords(rests: Backtest | undefined): string {
  if (rests?.agreement_percent == null) {
    return "проверка, в которой видно, как часто люди поступили так же.";
  }
  const { auto_send: sent, agreement_percent: percent, made_at: madeAt } = rests;
  const judged = sent.all - sent.unanswered - sent.unmeasured;
  return `люди поступили так же в ${percent} % случаев из ${grouped(judged)}, проверено ${exactTime(madeAt)}.`;
}

const STOP = "Остановить всё сразу можно красной кнопкой вверху любой страницы.";

const PILOT_WORDS = `В пилоте не больше ${PILOT.per_hour} ответов в час и ${PILOT.per_day} в день, и отменить каждый можно не меньше ${PILOT.hold_seconds} с.`;

function fitsPilot({ per_hour, per_day, hold_seconds }: Automation): boolean {
  return per_hour <= PILOT.per_hour && per_day <= PILOT.per_day && hold_seconds >= PILOT.hold_seconds;
}

/** "не больше 20 в час и 100 в день, и каждый можно отменить в течение 60 секунд." */
function pace({ per_hour, per_day, hold_seconds }: Automation): string {
  const seconds = counted(hold_seconds, ["секунды", "секунд", "секунд"]);
  return `не больше ${grouped(per_hour)} в час и ${grouped(per_day)} в день, и каждый можно отменить в течение ${seconds}.`;
}
