/** The button that stops all sending, at the foot of every page's navigation, with a second look before it. */
import { useQuery } from "@tanstack/react-query";
import { OctagonX } from "lucide-react";
import { useState } from "react";
import { Button as AriaButton, Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { ProblemNote } from "@/components/ProblemNote";
import { sendingQuery } from "@/lib/api/queries";
import { useSwitch } from "./stop";
import links from "./Sidebar.module.css";
import styles from "./StopSending.module.css";

/** As long as the server takes it. */
const REASON_MAX = 200;

export function StopSending() {
  const sending = useQuery(sendingQuery).data;
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const stop = useSwitch("stop");
  const close = () => {
    setAsking(false);
    setReason("");
    stop.reset();
  };
  // Nothing to stop: the bar above says how to go on.
  if (!sending || sending.stop) return null;
  return (
    <div className={styles.foot}>
      <AriaButton
        className={`${links.link} ${styles.stop}`}
        aria-label="Остановить отправку"
        onPress={() => setAsking(true)}
      >
        <OctagonX size={16} aria-hidden="true" />
        <span className={links.name}>Остановить отправку</span>
      </AriaButton>
      <Dialog title="Остановить отправку?" isOpen={isAsking} onClose={close} isAlert>
        <Form
          className={styles.form ?? ""}
          onSubmit={(event) => {
            event.preventDefault();
            stop.mutate(reason.trim() === "" ? undefined : reason.trim(), { onSuccess: close });
          }}
        >
          <p>
            Через две секунды ни один ответ не уйдёт ни на одну площадку. Всё, что ждёт отправки, останется и
            уйдёт один раз, когда вы её возобновите. Читать и писать ответы можно и дальше.
          </p>
          <Field
            label="Почему (увидят все сотрудники)"
            help="Необязательно. Без имён покупателей: эта запись хранится всегда."
            maxLength={REASON_MAX}
            value={reason}
            onChange={setReason}
          />
          {stop.error && <ProblemNote error={stop.error} />}
          <div className={styles.choices}>
            <Button onPress={close}>Не останавливать</Button>
            <Button weight="danger" type="submit" isPending={stop.isPending}>
              Остановить
            </Button>
          </div>
        </Form>
      </Dialog>
    </div>
  );
}
