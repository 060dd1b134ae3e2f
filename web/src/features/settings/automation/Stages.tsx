/** The path to replies that need nobody: which step it is, what each needs and rests on, and the way to the next one. */
import { ArrowLeft, ArrowRight, Circle, CircleCheck, CircleDot } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { ProblemNote } from "@/components/ProblemNote";
import card from "@/features/settings/SettingsPage.module.css";
import type { AutomationStage, Backtest } from "@/lib/api/types";
import { AUTOMATION_STAGE } from "@/lib/words";
import { PILOT } from "./form";
import { around, consequences, NOT_OFFERED, obstacle, PATH, proofWords, type Place } from "./path";
import styles from "./Automation.module.css";

interface StepWords {
  about: string;
  needs: string;
  proof: (rests: Backtest | undefined) => string;
}

const STEP: Record<AutomationStage, StepWords> = {
  observation: {
    about: "С каждым черновиком записывается, мог ли он уйти без человека и что этому мешает.",
    needs: "ничего.",
    proof: () => "решение с причинами у каждого черновика.",
  },
  backtested: {
    about: "Эти правила сравнили с тем, что сделали люди. Отправляют по-прежнему люди.",
    needs: "проверка на истории, где о каких-то из этих черновиков решили люди.",
    proof: proofWords,
  },
  pilot: {
    about: "Немного ответов уходит само, и каждый можно отменить.",
    needs: `проверка этих же правил, не больше ${PILOT.per_hour} ответов в час и ${PILOT.per_day} в день, отмена не меньше ${PILOT.hold_seconds} с.`,
    proof: () => "что ушло и что вернули, в «Что уходит сейчас».",
  },
  on: {
    about: "Всё, что разрешают правила и лимиты, уходит само.",
    needs: "пилот с этими же правилами.",
    proof: () => "то же, в «Что уходит сейчас».",
  },
};

interface StagesProps {
  place: Place;
  /** The backtest that the rules in force rest on. */
  rests: Backtest | undefined;
  isPending: boolean;
  error: unknown;
  onMove: (to: AutomationStage, onMoved: () => void) => void;
  /** What was refused is not asked for any more. */
  onForget: () => void;
}

export function Stages({ place, rests, isPending, error, onMove, onForget }: StagesProps) {
  const [to, setTo] = useState<AutomationStage>();
  const { stage } = place.automation;
  const { back, next } = around(stage);
  const blocked = next && obstacle(next, place);
  const blockedBack = back && obstacle(back, place);
  const reasons = new Set([place.offered ? undefined : NOT_OFFERED, blocked, blockedBack]);
  const close = () => {
    setTo(undefined);
    onForget();
  };
  return (
    <section className={card.card} aria-labelledby="automation-stage">
      <h2 id="automation-stage">Ступень</h2>
      <ol className={styles.stages} aria-label="Ступени">
        {PATH.map((step) => (
          <Step key={step} step={step} stage={stage} rests={rests} />
        ))}
      </ol>
      {[...reasons].map(
        (reason) =>
          reason !== undefined && (
            <p key={reason} className={card.about}>
              {reason}
            </p>
          ),
      )}
      <div className={`${card.row} ${styles.ways}`}>
        {back && (
          <Button
            icon={<ArrowLeft size={14} />}
            isDisabled={blockedBack !== undefined}
            onPress={() => setTo(back)}
          >
            {`Назад: ${AUTOMATION_STAGE[back]}`}
          </Button>
        )}
        {next && (
          <Button
            weight="primary"
            icon={<ArrowRight size={14} />}
            isDisabled={blocked !== undefined}
            onPress={() => setTo(next)}
          >
            {`Дальше: ${AUTOMATION_STAGE[next]}`}
          </Button>
        )}
      </div>
      <Dialog
        title={to ? `Перейти к ступени «${AUTOMATION_STAGE[to]}»?` : ""}
        isOpen={to !== undefined}
        onClose={close}
        isAlert
      >
        {to && consequences(to, place.automation).map((sentence) => <p key={sentence}>{sentence}</p>)}
        {error != null && <ProblemNote error={error} />}
        <div className={`${card.row} ${styles.ways}`}>
          <Button onPress={close}>Остаться</Button>
          <Button weight="primary" isPending={isPending} onPress={() => to && onMove(to, close)}>
            Перейти
          </Button>
        </div>
      </Dialog>
    </section>
  );
}

interface StepProps {
  step: AutomationStage;
  stage: AutomationStage;
  rests: Backtest | undefined;
}

function Step({ step, stage, rests }: StepProps) {
  const { about, needs, proof } = STEP[step];
  const isHere = step === stage;
  const isPassed = PATH.indexOf(step) < PATH.indexOf(stage);
  const Icon = isHere ? CircleDot : isPassed ? CircleCheck : Circle;
  return (
    <li aria-current={isHere ? "step" : undefined} data-passed={isPassed || undefined}>
      <b>
        <Icon size={14} aria-hidden="true" />
        {AUTOMATION_STAGE[step]}
        {isHere && " — сейчас"}
        {isPassed && " — пройдено"}
      </b>
      <span className={card.about}>{about}</span>
      <span className={card.about}>Нужно: {needs}</span>
      <span className={card.about}>Чем подтверждается: {proof(rests)}</span>
    </li>
  );
}
