/** A reply that waits for its time, at the place where it was written: it can be taken back or sent now. */
import { useCancelReply, useReleaseReply } from "@/features/interactions/held";
import { Button } from "@/components/Button";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import type { Interaction, Reply } from "@/lib/api/types";
import { useSecond } from "@/lib/clock";
import { untilSent } from "@/lib/format/time";

export function HeldReply({ item, reply, userId }: { item: Interaction; reply: Reply; userId: string }) {
  const now = useSecond();
  const cancel = useCancelReply();
  const release = useReleaseReply();
  const held = { id: item.interaction_id, user: userId, reply };
  const isBusy = cancel.isPending || release.isPending;
  const until = reply.held_until === null ? "" : ` ${untilSent(reply.held_until, now)}`;
  const when = reply.stopped_by === null ? until : " после возобновления отправки";
  return (
    <>
      <Note
        tone="info"
        title={`Уйдёт${reply.automatic ? " автоматически" : ""}${when}`}
        actions={
          <>
            <Button
              size="small"
              isDisabled={isBusy}
              isPending={release.isPending}
              onPress={() => release.mutate(held)}
            >
              Отправить сейчас
            </Button>
            <Button
              size="small"
              isDisabled={isBusy}
              isPending={cancel.isPending}
              onPress={() => cancel.mutate(held)}
            >
              Отменить отправку
            </Button>
          </>
        }
      />
      {cancel.error && <ProblemNote error={cancel.error} />}
      {release.error && <ProblemNote error={release.error} />}
    </>
  );
}
