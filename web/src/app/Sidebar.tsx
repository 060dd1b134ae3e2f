/** Navigation: the standing views with live counts, accounts, settings, and who is signed in. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  Activity,
  BookOpen,
  ChartColumn,
  GraduationCap,
  CircleAlert,
  Clock,
  Inbox,
  Keyboard,
  Layers,
  ListChecks,
  LogOut,
  MessageCircleWarning,
  MessageSquareReply,
  PanelLeftClose,
  PanelLeftOpen,
  ScrollText,
  Send,
  Settings,
  Store,
  Undo2,
  type LucideIcon,
} from "lucide-react";
import { useEffect, useState } from "react";
import { Link, useLocation, useNavigate, useSearchParams } from "react-router";
import { VIEWS, viewOf, type View } from "@/features/interactions/filters";
import { forgetUnsent, hasUnsent } from "@/features/interactions/unsent";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { IconButton } from "@/components/IconButton";
import { ProblemNote } from "@/components/ProblemNote";
import { announce } from "@/lib/announce";
import { api, taken } from "@/lib/api/client";
import { countsQuery, keys, meQuery } from "@/lib/api/queries";
import type { InteractionCounts } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";
import { useMay } from "@/lib/may";
import { localStore } from "@/lib/storage";
import { StopSending } from "./StopSending";
import styles from "./Sidebar.module.css";

const ICON: Record<View["key"], LucideIcon> = {
  needs_response: Inbox,
  failed: CircleAlert,
  held: Clock,
  replying: Send,
  responded: MessageSquareReply,
  all: Layers,
};

const SETTLED_MS = 2_000;
/** Here the list and the item need the room more than the names do. */
const MEDIUM = "(width < 1200px)";

export function Sidebar({ onShortcuts }: { onShortcuts: () => void }) {
  const { pathname } = useLocation();
  const [params] = useSearchParams();
  const counts = useQuery(countsQuery({})).data;
  const [isFolded, setFolded] = useState(
    () => localStore.read<boolean>("sidebar.folded") ?? matchMedia(MEDIUM).matches,
  );
  const may = useMay();
  const isQueue = pathname.startsWith("/queue");
  const isAnswers = pathname.startsWith("/answers") || pathname === "/quality/report";
  const waiting = counts?.needs_response;

  useEffect(() => {
    document.title = waiting ? `(${waiting}) AgentIQ` : "AgentIQ";
    if (waiting === undefined) return;
    // A first load changes the count many times a second: only where it comes to rest is worth hearing.
    const timer = setTimeout(() => announce(`Ждут ответа: ${waiting}`), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [waiting]);

  const fold = () => {
    setFolded(!isFolded);
    localStore.write("sidebar.folded", !isFolded);
  };
  return (
    <nav className={`${styles.sidebar} ${isFolded ? styles.folded : ""}`} aria-label="Разделы">
      <div className={styles.top}>
        <Link to="/" className={styles.brand}>
          <img src="/favicon.svg" alt="" width="22" height="22" />
          <span className={styles.name}>AgentIQ</span>
        </Link>
        <span className={styles.fold}>
          <IconButton
            label={isFolded ? "Развернуть меню" : "Свернуть меню"}
            icon={isFolded ? <PanelLeftOpen size={16} /> : <PanelLeftClose size={16} />}
            onPress={fold}
          />
        </span>
      </div>
      <ul className={styles.links}>
        {VIEWS.map((view) => (
          <Entry
            key={view.key}
            to={`/queue${view.search ? `?${view.search}` : ""}`}
            icon={ICON[view.key]}
            name={view.name}
            count={countOf(view, counts)}
            isUrgent={view.key === "failed" && (counts?.by_status.failed ?? 0) > 0}
            isHere={isQueue && viewOf(params) === view.key}
          />
        ))}
        <li className={styles.gap} aria-hidden="true" />
        <Entry to="/bulk" icon={ListChecks} name="Ответы многим" isHere={pathname.startsWith("/bulk")} />
        {may("view_buyers") && (
          <Entry to="/claims" icon={Undo2} name="Возвраты" isHere={pathname.startsWith("/claims")} />
        )}
        <Entry to="/knowledge" icon={BookOpen} name="Знания" isHere={pathname.startsWith("/knowledge")} />
        {may("view_quality") && (
          <>
            {" "}
            <Entry
              to="/quality"
              icon={GraduationCap}
              name="Качество черновиков"
              isHere={
                !isAnswers &&
                ["/quality", "/learning", "/comparisons"].some((path) => pathname.startsWith(path))
              }
            />
            <Entry to="/answers" icon={ChartColumn} name="Качество ответов" isHere={isAnswers} />
            <Entry
              to="/complaints"
              icon={MessageCircleWarning}
              name="На что жалуются"
              isHere={pathname === "/complaints"}
            />
          </>
        )}{" "}
        {may("manage_accounts") && (
          <Entry to="/accounts" icon={Store} name="Кабинеты" isHere={pathname === "/accounts"} />
        )}
        {may("view_interactions") && (
          <Entry to="/sending" icon={Activity} name="Статус отправки" isHere={pathname === "/sending"} />
        )}
        {may("view_audit") && (
          <Entry to="/log" icon={ScrollText} name="Журнал событий" isHere={pathname === "/log"} />
        )}
        <Entry to="/settings" icon={Settings} name="Настройки" isHere={pathname.startsWith("/settings")} />
      </ul>
      {may("answer_interactions") && <StopSending />}
      <Person onShortcuts={onShortcuts} />
    </nav>
  );
}

interface EntryProps {
  to: string;
  icon: LucideIcon;
  name: string;
  count?: number | undefined;
  isUrgent?: boolean;
  isHere: boolean;
}

function Entry({ to, icon: Icon, name, count, isUrgent = false, isHere }: EntryProps) {
  return (
    <li>
      <Link to={to} className={styles.link} aria-current={isHere ? "page" : undefined} title={name}>
        <Icon size={16} aria-hidden="true" />
        <span className={styles.name}>{name}</span>
        {count !== undefined && (
          <span className={`${styles.count} ${isUrgent ? styles.urgent : ""}`}>{grouped(count)}</span>
        )}
      </Link>
    </li>
  );
}

function Person({ onShortcuts }: { onShortcuts: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const me = useQuery(meQuery).data;
  const [isAsking, setAsking] = useState(false);
  const logout = useMutation({
    mutationFn: () => taken(api.POST("/api/v1/auth/logout")),
    onSuccess: () => {
      forgetUnsent();
      void navigate("/login", { replace: true });
      client.clear();
      client.setQueryData(keys.me, null);
    },
  });
  return (
    <div className={styles.person}>
      <div className={styles.who}>
        <p className={styles.seller}>{me?.seller.name}</p>
        <p className={styles.email}>{me?.user.email}</p>
      </div>
      <IconButton label="Клавиши (?)" icon={<Keyboard size={16} />} onPress={onShortcuts} />
      <IconButton
        label="Выйти"
        icon={<LogOut size={16} />}
        isPending={logout.isPending}
        onPress={() => (me && hasUnsent(me.user.user_id) ? setAsking(true) : logout.mutate())}
      />
      <Dialog title="Выйти?" isOpen={isAsking} onClose={() => setAsking(false)} isAlert>
        <p>Есть неотправленные тексты. При выходе они удалятся из этого браузера.</p>
        {logout.error && <ProblemNote error={logout.error} />}
        <div className={styles.choices}>
          <Button onPress={() => setAsking(false)}>Остаться</Button>
          <Button weight="danger" isPending={logout.isPending} onPress={() => logout.mutate()}>
            Выйти и удалить тексты
          </Button>
        </div>
      </Dialog>
    </div>
  );
}

function countOf(view: View, counts: InteractionCounts | undefined): number | undefined {
  if (!counts) return undefined;
  if (view.key === "needs_response") return counts.needs_response;
  return view.key === "all" ? counts.total : counts.by_status[view.key];
}
