/** Asks when a reply is to be sent. */
import { Clock } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { localMoment } from "@/lib/format/time";
import styles from "./SendLater.module.css";

const DAYS_MAX = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

export function SendLater({ isDisabled, onSend }: { isDisabled: boolean; onSend: (at: string) => void }) {
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      <Button
        weight="ghost"
        icon={<Clock size={14} />}
        isDisabled={isDisabled}
        onPress={() => setAsked(true)}
      >
        Отправить позже…
      </Button>
      <Dialog title="Отправить позже" isOpen={isAsked} onClose={() => setAsked(false)}>
        <LaterForm
          onDismiss={() => setAsked(false)}
          onSend={(at) => {
            setAsked(false);
            onSend(at);
          }}
        />
      </Dialog>
    </>
  );
}

function LaterForm({ onSend, onDismiss }: { onSend: (at: string) => void; onDismiss: () => void }) {
  const [at, setAt] = useState(tomorrowMorning);
  const [problem, setProblem] = useState<string>();
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = Date.parse(at);
        const ahead = wanted - Date.now();
        if (Number.isNaN(ahead) || ahead <= 0 || ahead > DAYS_MAX * DAY_MS)
          setProblem(`Выберите время в будущем, не дальше ${DAYS_MAX} дней.`);
        else onSend(new Date(wanted).toISOString());
      }}
    >
      <p>
        До этого времени ответ можно отменить. Если мы прочтём у площадки, что покупатель написал ещё или на
        обращение ответили в кабинете, он не уйдёт: вы прочтёте новое и решите сами.
      </p>
      <Field
        label="Когда отправить"
        type="datetime-local"
        isRequired
        value={at}
        onChange={(value) => {
          setAt(value);
          setProblem(undefined);
        }}
        error={problem}
      />
      <div className={styles.choices}>
        <Button onPress={onDismiss}>Не откладывать</Button>
        <Button weight="primary" type="submit">
          Отложить
        </Button>
      </div>
    </Form>
  );
}

/** Nine o'clock of the next day, in the browser's time zone. */
function tomorrowMorning(): string {
  const morning = new Date(Date.now() + DAY_MS);
  morning.setHours(9, 0, 0, 0);
  return localMoment(morning.toISOString()).slice(0, 16);
}
