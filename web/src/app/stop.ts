/** The kill switch: nothing goes out to marketplaces until it is turned back. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { announce } from "@/lib/announce";
import { api, intended } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";

/** Stops sending, with a reason where there is one, or resumes it. */
export function useSwitch(what: "stop" | "resume") {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (reason: string | undefined) =>
      intended(`sending.${what}`, { reason }, (key) => {
        const params = { header: { "Idempotency-Key": key } };
        return what === "stop"
          ? api.POST("/api/v1/sending/stop", { body: { reason: reason ?? null }, params })
          : api.POST("/api/v1/sending/resume", { params });
      }),
    onSuccess: (sending) => {
      announce(what === "stop" ? "Отправка остановлена" : "Отправка возобновлена");
      client.setQueryData(keys.sending, sending);
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.items }),
  });
}
