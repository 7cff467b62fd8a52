export function BenchPage() { return <div class="plain-page"><h1>Bench</h1></div>; }
