/** Rejects a question instead of answering it, after a confirmation: nobody can take that back. */
import { Ban } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { useRejectQuestion } from "@/features/interactions/replies";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { ProblemNote } from "@/components/ProblemNote";
import { asProblem } from "@/lib/api/problem";
import type { Interaction } from "@/lib/api/types";
import { MARKETPLACE } from "@/lib/words";
import styles from "./RejectQuestion.module.css";

/** The marketplace wants words with it; buyers do not see them. */
const USUAL_REASON = "Вопрос не относится к товару.";

export function RejectQuestion({ item }: { item: Interaction }) {
  const [isAsked, setAsked] = useState(false);
  return (
    <div className={styles.place}>
      <Button weight="ghost" icon={<Ban size={14} />} onPress={() => setAsked(true)}>
        Отклонить вопрос
      </Button>
      <Dialog title="Отклонить вопрос?" isOpen={isAsked} isAlert onClose={() => setAsked(false)}>
        <RejectForm item={item} onDone={() => setAsked(false)} />
      </Dialog>
    </div>
  );
}

function RejectForm({ item, onDone }: { item: Interaction; onDone: () => void }) {
  const [reason, setReason] = useState(USUAL_REASON);
  const reject = useRejectQuestion(item.interaction_id);
  const problem = reject.error ? asProblem(reject.error) : undefined;
  const market = MARKETPLACE[item.marketplace].short;
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        reject.mutate({ text: reason.trim(), basis: item.basis }, { onSuccess: onDone });
      }}
    >
      <p>
        {market} перестанет показывать вопрос покупателям, и ответить на него будет нельзя. Когда отклонение
        уйдёт, отменить его отсюда нельзя.
      </p>
      <Field
        label={`Причина для ${market}`}
        name="reason"
        help="Покупатели её не увидят."
        isRequired
        value={reason}
        onChange={setReason}
        error={problem?.field("text")}
      />
      {problem && <ProblemNote error={problem} shownFields={["text"]} />}
      <div className={styles.choices}>
        <Button onPress={onDone}>Отменить</Button>
        <Button weight="danger" type="submit" isPending={reject.isPending}>
          {reject.isPending ? "Отклоняем..." : "Отклонить вопрос"}
        </Button>
      </div>
    </Form>
  );
}
