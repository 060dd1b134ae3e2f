/** The frame around every page: navigation, what concerns all pages, and the live stream. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Outlet, useNavigate } from "react-router";
import { Announcer } from "@/components/Announcer";
import { keys } from "@/lib/api/queries";
import { listenForShortcuts, useShortcut } from "@/lib/keyboard/shortcuts";
import { onEvents, startLive } from "@/lib/live/live";
import { AccessBar } from "./AccessBar";
import { AlertBar } from "./AlertBar";
import { AutomationBar } from "./AutomationBar";
import { ConnectionPill } from "./ConnectionPill";
import { ShortcutSheet } from "./ShortcutSheet";
import { Sidebar } from "./Sidebar";
import { StopBar } from "./StopBar";
import styles from "./Shell.module.css";

export function Shell() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isSheetOpen, setSheetOpen] = useState(false);

  useEffect(listenForShortcuts, []);
  useEffect(startLive, []);
  useEffect(
    () =>
      onEvents((events) => {
        const has = (aggregate: string) =>
          events.some((event) => event.type.startsWith(`agentiq.${aggregate}.`));
        if (has("account")) void client.invalidateQueries({ queryKey: keys.accounts });
        if (has("claim")) void client.invalidateQueries({ queryKey: keys.claims });
        if (has("seller")) void client.invalidateQueries({ queryKey: keys.settings });
        if (events.some((event) => event.type.startsWith("agentiq.seller.Alert")))
          void client.invalidateQueries({ queryKey: keys.alerts });
        if (events.some((event) => event.type.startsWith("agentiq.seller.Automation"))) {
          void client.invalidateQueries({ queryKey: keys.automation });
          void client.invalidateQueries({ queryKey: keys.automationStatus });
        }
        if (events.some((event) => event.type.startsWith("agentiq.seller.Sending"))) {
          void client.invalidateQueries({ queryKey: keys.sending });
          void client.invalidateQueries({ queryKey: keys.items });
          void client.invalidateQueries({ queryKey: keys.histories });
        }
      }),
    [client],
  );
  useShortcut("go-queue", () => void navigate("/"));
  useShortcut("go-settings", () => void navigate("/settings"));
  useShortcut("go-accounts", () => void navigate("/accounts"));
  useShortcut("go-log", () => void navigate("/log"));
  useShortcut("shortcuts", () => setSheetOpen(true));

  return (
    <div className={styles.shell}>
      <Sidebar onShortcuts={() => setSheetOpen(true)} />
      <div className={styles.main}>
        <StopBar />
        <AutomationBar />
        <AlertBar />
        <AccessBar />
        <main className={styles.page}>
          <Outlet />
        </main>
      </div>
      <ConnectionPill />
      <ShortcutSheet isOpen={isSheetOpen} onClose={() => setSheetOpen(false)} />
      <Announcer />
    </div>
  );
}
