/** The proof of one event, as a file that anybody can check without this service. */
import { useMutation } from "@tanstack/react-query";
import { announce } from "@/lib/announce";
import { api, taken } from "./client";
import { saveFile } from "@/lib/save";

/** Downloads the proof of the event with this number; a refusal says why there is none yet. */
export function useProof() {
  return useMutation({
    mutationFn: async (sequence: number) => {
      const call = api.GET("/api/v1/events/{sequence}/proof", {
        params: { path: { sequence } },
        parseAs: "blob",
      });
      saveFile(await taken(call), `agentiq-proof-${sequence}.json`);
    },
    onSuccess: () => announce("Доказательство скачано"),
  });
}
