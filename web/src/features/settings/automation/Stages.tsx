/** The four steps to replies that need nobody, and which one it is. */
import styles from "./Automation.module.css";
import card from "@/features/settings/SettingsPage.module.css";
import type { Automation } from "@/lib/api/types";

const STAGES: readonly { stage: Automation["stage"]; name: string; about: string }[] = [
  {
    stage: "observation",
    name: "Наблюдение",
    about: "С каждым черновиком записывается, мог ли он уйти без человека и что этому мешает.",
  },
  {
    stage: "backtested",
    name: "Проверка на истории",
    about: "Эти правила сравнили с тем, что сделали люди. Отправляют по-прежнему люди.",
  },
  { stage: "pilot", name: "Пилот", about: "Часть ответов уходит сама. В этой версии ещё нет." },
  { stage: "on", name: "Включено", about: "Всё, что разрешено, уходит само. В этой версии ещё нет." },
];

export function Stages({ stage }: { stage: Automation["stage"] }) {
  return (
    <section className={card.card} aria-labelledby="automation-stage">
      <h2 id="automation-stage">Ступень</h2>
      <ol className={styles.stages}>
        {STAGES.map(({ stage: step, name, about }) => (
          <li key={step} aria-current={step === stage ? "step" : undefined}>
            <b>
              {name}
              {step === stage && " — сейчас"}
            </b>
            <span className={card.about}>{about}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
