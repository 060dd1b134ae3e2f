/** Lets in those who are signed in; others sign in first and come back to where they were. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Navigate, Outlet, useLocation } from "react-router";
import { Delayed } from "@/components/Delayed";
import { Empty } from "@/components/Empty";
import { ProblemNote } from "@/components/ProblemNote";
import { Spinner } from "@/components/Spinner";
import { meQuery } from "@/lib/api/queries";

export function RequireSession() {
  const me = useQuery(meQuery);
  const location = useLocation();
  const [wasSignedIn, setWasSignedIn] = useState(false);
  const isSignedIn = me.data !== undefined && me.data !== null;
  if (isSignedIn && !wasSignedIn) setWasSignedIn(true);

  if (isSignedIn) return <Outlet />;
  if (me.data === null) {
    const next = location.pathname + location.search;
    const search = next === "/" ? "" : `?next=${encodeURIComponent(next)}`;
    return <Navigate to={`/login${search}`} replace state={{ expired: wasSignedIn }} />;
  }
  if (me.error) {
    return (
      <Empty icon={null} title="Консоль не загрузилась">
        <ProblemNote error={me.error} onRetry={() => void me.refetch()} />
      </Empty>
    );
  }
  return (
    <Delayed>
      <Empty icon={<Spinner size={24} />} title="Загрузка..." />
    </Delayed>
  );
}
