/**
 * The bar over all pages while nothing goes out to marketplaces: who stopped it, when, why, and how many replies wait; or
 * that the database was restored from a backup.
 */
import { useQuery } from "@tanstack/react-query";
import { DatabaseBackup, OctagonX } from "lucide-react";
import { Button } from "@/components/Button";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import { meQuery, sendingQuery } from "@/lib/api/queries";
import type { Sending, SendingQuarantine, SendingStop } from "@/lib/api/types";
import { counted } from "@/lib/format/count";
import { useMay } from "@/lib/may";
import { useSwitch } from "./stop";
import styles from "./StopBar.module.css";

export function StopBar() {
  const sending = useQuery(sendingQuery).data;
  const me = useQuery(meQuery).data;
  const may = useMay();
  const resume = useSwitch("resume");
  const { stop, installation_stop: everywhere, quarantine } = sending ?? NOTHING;
  return (
    <>
      <div role="alert">
        {sending && quarantine && (
          <p className={styles.bar}>
            <DatabaseBackup size={16} aria-hidden="true" />
            <span>
              <b>База восстановлена из копии, отправка приостановлена</b>
              <Facts stop={quarantine} /> Сверяем с площадками, что покупатели уже видели: ответы последних
              часов могли не сохраниться здесь, но дойти. {waiting(sending)} Писать и откладывать ответы
              можно: они уйдут, когда сверка закончится и администратор AgentIQ её примет.
            </span>
          </p>
        )}
        {sending && everywhere && (
          <p className={styles.bar}>
            <OctagonX size={16} aria-hidden="true" />
            <span>
              <b>Отправка остановлена администратором AgentIQ</b>
              <Facts stop={everywhere} /> {waiting(sending)} Писать и откладывать ответы можно: они уйдут,
              когда он возобновит отправку.
            </span>
          </p>
        )}
        {sending && stop && (
          <p className={styles.bar}>
            <OctagonX size={16} aria-hidden="true" />
            <span>
              <b>Отправка остановлена</b>
              {stop.by?.includes(me?.user.user_id ?? " ") ? " вами" : " сотрудником"}
              <Facts stop={stop} /> {waiting(sending)}
            </span>
            {may("manage_seller") && (
              <Button size="small" isPending={resume.isPending} onPress={() => resume.mutate(undefined)}>
                Возобновить
              </Button>
            )}
          </p>
        )}
      </div>
      {resume.error && <ProblemNote error={resume.error} />}
    </>
  );
}

const NOTHING = { stop: null, installation_stop: null, quarantine: null };

function Facts({ stop }: { stop: SendingStop | SendingQuarantine }) {
  return (
    <>
      {" "}
      <Moment at={stop.since} isExact />
      {stop.reason === null ? "." : `: ${stop.reason}.`.replace(/([.!?…])\.$/, "$1")}
    </>
  );
}

function waiting({ waiting: count }: Sending): string {
  if (count === 0) return "Ничего не ждёт отправки.";
  const words = [
    "ответ ждёт и не потеряется",
    "ответа ждут и не потеряются",
    "ответов ждут и не потеряются",
  ] as const;
  return `${counted(count, words)}.`;
}
