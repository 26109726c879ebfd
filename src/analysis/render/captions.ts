/** How to read each chart; the finding itself is its title. */
export const captions: Readonly<Record<string, string>> = {
  "phase-gantt":
    "Each lane is a step of the live update; the figure to its right is the time from the lane's first start to its last end. Above, the whole update with the blackout shaded; below, the blackout alone, with the phases and the kernel that runs; the thin line goes through the steps that decide its length, each waiting for the one before. Wheel or drag to zoom and move, double-click to reset.",
  "blackout-by-phase":
    "How long each VM's vCPUs stand still, cut at the borders of the host's phases. To the right, the sum, and in brackets where it would lie with every constant at the low or the high end of its range.",
  "device-blame":
    "What the blackout does at each device, when, and to the right how long on the clock: devices of VMs that share kind and name are one lane, and steps that run side by side count once. Emulated devices have no step of their own: their state is the VMM's.",
  "memory-overhead":
    "Above, what the update holds when, with the blackout shaded; below, by what it is for. Metadata describes the preserved memory; scratch is reserved from boot on for the next kernel; temporary memory is given back during the update: what preserving needs while it runs, then the loaded kernel until it is the one that runs.",
  "blackout-by-run":
    "How long the host of each run stands still, cut at the borders of the phases. Above each bar, what the run is of; at its end the sum, and in brackets where it would lie with every constant at the low or the high end of its range.",
  "dirty-pages":
    "Pages that the guests of the trace write, as mean rates over short stretches of time. The trace's clock stands still in the blackout, so what follows is moved by its length. Pages written for the first time since resume cost the guest a fault each.",
  "device-events":
    "Device activity that the trace holds for the time in which the guests stand still, by what the blackout does to it. The strip shows the phases.",
  "request-latency":
    "Above, from the median to the longest latency of the requests of each bin of time, all devices together; what the update adds stands out in its colour, since the same without it is drawn on top. The band is the blackout of the host. Below, the share of all requests that take as long or longer: both axes are logarithmic, so that one request of a thousand is as readable as one of ten. Dashed: timeouts.",
  "network-gap":
    "What the clients of each network card wait for, from its last packet on. A card is silent until the network finds it again; what follows is TCP's, which sends a lost segment again after twice as long each time. Ticks on the lanes: a timeout after the card's last packet. The card with the longest wait stands first.",
  "brownout-curve":
    "The share of its time that a guest spends in faults of memory that it touches for the first time since its resume, on a logarithmic scale with a place for zero. Behind it, as it would be if each page of 4 KiB were mapped alone; the difference is what large folios spare.",
  alternatives:
    "Each mark is a way to renew the host, or a part of it: how long it stops the VM, and how long the VM then or before runs slower than usual. Both scales are logarithmic and have a place for zero, set apart by dotted lines. Hollow marks cannot be done with this VM; triangles leave the old kernel running.",
  "when-to-update":
    "The same update, started at each moment of the trace: what it adds to the latencies of all requests together, packets that it loses, its blackout, and what the worst VM loses after resume. Bands are the windows of starts that add least and most; starts whose blackout the trace does not show to its end are faded and not counted.",
  "dirty-heatmap":
    "Guest memory from its first address upwards over time; the darker (on a dark ground: the lighter), the more pages were written in a cell, on a logarithmic scale. A page counts once a reading of the dirty log, and a reading's pages are spread evenly over the time since the one before.",
  "working-set":
    "How much different memory a guest writes in windows of growing length, which follow one another: the mean of all windows, and the window with most. What a migration's round or a dirty log must take in at once.",
  "predicted-by-step":
    "Above, predicted over recorded times, both on logarithmic scales: on the dashed line they are equal. Vertical lines are 90 % intervals, where they are longer than a dot. Steps of microseconds are below what a kernel's messages resolve. Below, each step's error as a share of its recorded length, with its interval; dots at the upper and lower edge lie farther out. Dots that would lie on each other are one; traced recordings are left out.",
  "residuals-by-driver":
    "Error of each quantity (above 0: predicted too long) over what its cost depends on. A driver that is modelled wrongly shows as a slope or a bend. ρ is Spearman's rank correlation of the error, with its sign, and the driver. Faint dots are off by less than 0.5 ms and may lie beyond the edge.",
  "kernel-waterfall":
    "From the older kernel's blackout to the newer one's: each bar begins where the one above ends, and is as long as the step's recorded change. A tick shows where it would end as predicted. Both updates preserve the same on the same host; of all such pairs, the one that most is known of and that differs in the kernel only, unless another was named.",
  "scattered-boot":
    "How long the step that reserves preserved memory took in each recording (dots; small ones are not scattered) and what the model says: every folio that lies alone steps over all regions reserved below it, twice. Vertical lines are 90 % intervals.",
  pareto:
    "Each mark is a configuration: the memory that it holds, and the pause that the SLO's share of its VMs keeps to over all draws. The line is the front: to its lower left there is none; the knee is the mark of the front farthest below the line between the front's ends, both measures taken from 0 to 1 along it. Hollow marks break the SLO or the memory limit, faint ones are beaten by another. Squares stand for several configurations, the darker the more.",
  "what-if":
    "One axis changes, all others are as in the configuration that ranks first (filled dot). Blue: the blackout's median over the draws, with the band from 5 to 95 %; dashed: the pause that the SLO's share of the VMs keeps to over all draws together. Numbers lie to scale, logarithmic where each is a multiple of the one before. A cross: a value without an answer, since its runs were refused or failed, or constraints leave it out.",
  "blackout-by-configuration":
    "Blackouts of configurations that contrast, with all uncertain inputs at their medians, cut at the borders of the host's phases: the one that ranks first, the knee, the shortest pause, the least memory, the middle of the ranking and the longest pause, each once. At each bar's end the sum, and in brackets where 90 % of the draws lie. What they differ in stands above.",
  contributions:
    "From one configuration's blackout to another's: each bar begins where the one above ends, the largest change first. Steps of the blackout with all inputs at their medians; together exactly the difference.",
  "slo-attainment":
    "The share of VMs that stand still for at most so long, over all draws of a configuration together. Shown are the one that ranks first and up to five that contrast with it: the knee, the shortest pause, the least memory, the middle of the ranking and the longest pause, each once.",
  "error-budget":
    "How many updates a quarter of 90 days leaves room for if a VM is to be up for so much of it: the allowance over the longest pause of a VM, rounded down. The dot is the median draw, the line reaches from the draw at 95 % to the one at 5 %. Of configurations whose VMs stand still alike, the best-ranked is shown.",
  changes:
    "Each mark is a value on one side: the change of its median as a share of the base, with the 95 % interval of that change where samples tell one. What is worse stands first, the largest change on top. Shaded: a change so small counts as none. To the right, both medians and the change. Exact values have no interval: any difference is real.",
  "change-waterfall":
    "From the base's length to the new one's: each bar begins where the one above ends, the largest change first. To the right, the change of each step, its share of the whole difference, and the constant that makes most of it by the model. Steps and what none of them explains are together exactly the difference.",
  samples:
    "Noisy values that changed, each on a scale of its own that need not begin at zero: every thin line is a sample, the thick one the median. Of very many samples evenly chosen ones are drawn, the least and the greatest among them.",
  "fleet-rollout":
    "Above, what each host does when, or each stretch of hosts that do the same; dashed: where a batch begins. Below, the time that all VMs together have lost by each moment, by what took it.",
  "fleet-pauses":
    "The share of the VMs that stand still for no longer, with every constant at its base, at its low and at its high end; the axis of time is logarithmic. Dashed: what is promised, and how many VMs break it.",
  "fleet-blackouts":
    "How many hosts have a blackout of which length, by kind of host; hosts with the same classes of VMs have the same.",
  tornado:
    "The blackout of the plan's scenario with one uncertain input at the 5th or the 95th percentile, all others at their medians. Hollow: nobody measured the input. The last bar is the widest that any one of all others makes.",
  morris:
    "Elementary effects: each factor steps through its interval, or all values of its axis, from many starting points. To the right: it matters. Above the dashed line (σ = μ*): what it does depends on where the others stand, or bends.",
  sobol:
    "Shares of the blackout's variance over the whole plan. A total well above the first order means that the factor acts together with others. Intervals that reach below 0 say that the sample is small: a share is never negative.",
};
