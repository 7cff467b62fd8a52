export function StatusPage() { return <div class="plain-page"><h1>Status</h1></div>; }
