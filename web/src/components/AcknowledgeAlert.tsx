/** The button by which somebody takes it upon themselves to look after an alert: it leaves the bar over all pages. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { announce } from "@/lib/announce";
import { api, intended } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { Alert } from "@/lib/api/types";
import { Button } from "./Button";
import { ProblemNote } from "./ProblemNote";

export function AcknowledgeAlert({ alert: { kind, raised_at: raisedAt } }: { alert: Alert }) {
  const client = useQueryClient();
  const acknowledge = useMutation({
    mutationFn: () =>
      // One that is raised anew is another intent.
      intended("alert", { kind, raisedAt }, (key) =>
        api.POST("/api/v1/alerts/acknowledge", {
          body: { kind },
          params: { header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: ({ items }) => {
      announce("Тревога взята в работу");
      client.setQueryData(keys.alerts, items);
    },
  });
  return (
    <>
      <Button
        size="small"
        icon={<Check size={14} />}
        isPending={acknowledge.isPending}
        onPress={() => acknowledge.mutate()}
      >
        Взять в работу
      </Button>
      {acknowledge.error && <ProblemNote error={acknowledge.error} />}
    </>
  );
}
