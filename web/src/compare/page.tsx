export function ComparePage() { return <div class="plain-page"><h1>Compare</h1></div>; }
