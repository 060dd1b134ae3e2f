/** The bar over all pages while replies go out without a person, with the button that stops that at once. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bot, OctagonX, X } from "lucide-react";
import { Button as AriaButton } from "react-aria-components";
import { Link } from "react-router";
import { IconButton } from "@/components/IconButton";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { Spinner } from "@/components/Spinner";
import { api, intended } from "@/lib/api/client";
import { automationQuery, keys } from "@/lib/api/queries";
import type { AutomationInForce } from "@/lib/api/types";
import { isAutomatic } from "@/lib/words";
import styles from "./AutomationBar.module.css";

/** An event tells of a change; this is for when the live stream is down. */
const POLL_MS = 10_000;

export function AutomationBar() {
  const inForce = useQuery({ ...automationQuery, refetchInterval: POLL_MS }).data;
  const stop = useStopAutomation();
  const isGoing = inForce !== undefined && isAutomatic(inForce.automation.stage);
  // What came of it is news until somebody settles something else.
  const isStopped = !isGoing && stop.isSuccess && stop.data.version === inForce?.version;
  return (
    <>
      {isGoing && (
        <section className={styles.bar} aria-label="Автоматика сейчас">
          <Bot size={16} aria-hidden="true" />
          <p>
            <b>{inForce.automation.stage === "pilot" ? "Автоматика: пилот." : "Автоматика включена."}</b>{" "}
            {going(inForce)} <Link to="/settings/automation">Что уходит</Link>
          </p>
          <AriaButton
            className={styles.stop ?? ""}
            isPending={stop.isPending}
            onPress={() => stop.mutate(inForce.version)}
          >
            {stop.isPending ? <Spinner /> : <OctagonX size={15} aria-hidden="true" />}
            Остановить всё
          </AriaButton>
        </section>
      )}
      {stop.error && <ProblemNote error={stop.error} />}
      <div role="status">
        {isStopped && (
          <Note
            tone="good"
            title="Автоматика остановлена"
            actions={<IconButton label="Скрыть" icon={<X size={14} />} onPress={() => stop.reset()} />}
          >
            <p>
              Сами ответы больше не уходят. Те, что ещё были отложены, возвращены и снова ждут человека.
              Вернуться к автоматике можно <Link to="/settings/automation">в настройках</Link>.
            </p>
          </Note>
        )}
      </div>
    </>
  );
}

function useStopAutomation() {
  const client = useQueryClient();
  return useMutation({
    // A stop of what goes on by now is another intent than one of what went on before.
    mutationFn: (version: number) =>
      intended("automation.stop", { version }, (key) =>
        api.POST("/api/v1/seller/automation/stop", { params: { header: { "Idempotency-Key": key } } }),
      ),
    // An answer that is under way may still tell of what was.
    onMutate: () => client.cancelQueries({ queryKey: keys.automation }),
    onSuccess: (stopped) => client.setQueryData(keys.automation, stopped),
    onSettled: () =>
      Promise.all(
        [keys.automation, keys.automationStatus, keys.items].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      ),
  });
}

function going({ automation, offered }: AutomationInForce): string {
  if (!offered) return "Но сервер запущен без разрешения на неё: сами ответы не уходят.";
  return `Ответы уходят без человека, до ${automation.per_hour} в час и ${automation.per_day} в день.`;
}
