/** The reply that was just sent and can still be taken back, wherever in the queue the operator has gone since. */
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { useSecond } from "@/lib/clock";
import { untilSent } from "@/lib/format/time";
import { useShortcut } from "@/lib/keyboard/shortcuts";
import { useCancelReply, useLastHeld } from "./held";

/** What is sent at a time of its own is found among those that wait; this is for second thoughts. */
const SECOND_THOUGHTS_MS = 60_000;

export function UndoBar({ userId }: { userId: string }) {
  const now = useSecond();
  const last = useLastHeld(now);
  const cancel = useCancelReply();
  const until = last?.reply.held_until ?? undefined;
  const isSoon = until !== undefined && Date.parse(until) - now <= SECOND_THOUGHTS_MS;
  const undo = () => {
    if (last && !cancel.isPending) cancel.mutate({ id: last.sent.id, user: userId, reply: last.reply });
  };
  useShortcut("undo", undo, isSoon);
  if (cancel.error) return <ProblemNote error={cancel.error} />;
  if (!last || !isSoon) return null;
  return (
    <Note
      tone="info"
      title={`Уйдёт ${untilSent(until, now)}: ${last.sent.buyer}`}
      actions={
        <Button size="small" onPress={undo} aria-keyshortcuts="Z">
          Отменить
        </Button>
      }
    />
  );
}
