package inputstore

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/azure"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/diagnostics"
	"github.com/genomics-continuity/terraform-provider-genomics/internal/replication"
)

// copyOver runs the replication, tells the log each second how far it is and in
// the end what came of it, and the user what should be known of it.
func (r *Resource) copyOver(ctx context.Context, store string, src, dst replication.Side, options replication.Options) (replication.Result, diag.Diagnostics, error) {
	ctx = tflog.SetField(ctx, "store", store)
	stop := replication.Watch(&options, func(now replication.Report) {
		line := progressLine(now)
		tflog.Info(ctx, line, progressFields(now))
		if r.progress != nil {
			r.progress(line)
		}
	})
	began := r.now()
	result, err := replication.Run(ctx, src, dst, options, r.now)
	stop()
	tflog.Info(ctx, "Replication ended", map[string]any{
		"from": src.Location, "to": dst.Location, "seconds": r.now().Sub(began).Seconds(), "transfer": result.Transfer,
		"blobs": result.BlobCount, "bytes": result.TotalBytes, "copied_blobs": result.Copied, "copied_bytes": result.CopiedBytes, "streamed_bytes": result.StreamedBytes,
		"new_tags": result.Retagged, "already_there": result.Adopted, "only_there": result.ExtraCount, "without_md5": result.Unhashed,
		"pending_blobs": result.PendingBlobs, "pending_bytes": result.PendingBytes, "conflicts": result.ConflictCount, "not_supported": result.UnsupportedCount,
	})
	return result, remarks(store, result, options), err
}

// remarks are what a user should know of a replication that did its work.
func remarks(store string, result replication.Result, options replication.Options) diag.Diagnostics {
	var diags diag.Diagnostics
	about := func(next string) diagnostics.Context { return diagnostics.Context{Resource: store, NextStep: next} }
	if left := result.UnsupportedError(); left != nil {
		diags.Append(diagnostics.Warning("Not every blob can be replicated", left, about(nextUncopiable)))
	}
	if result.FallbackReason != "" {
		diags.Append(diagnostics.Warning("Blobs were streamed through this machine",
			fmt.Errorf("the standby's storage could not read the active one's, so that %s passed through here: %s", size(result.StreamedBytes), azure.Mask(result.FallbackReason)),
			about(`Let the standby's storage reach the other account, or set transfer = "stream" if it should not.`)))
	}
	if left := result.UnhashedError(); left != nil && result.Transfer == replication.TransferServerSide && options.Verify == replication.VerifyMD5 {
		diags.Append(diagnostics.Warning("Not every blob can be verified by its hash", left,
			about("Their copies are recognised by both sides' ETags. Upload them with a Content-MD5 to have them compared by content as well.")))
	}
	return diags
}

// progressLine is for who reads the log, progressFields for what does.
func progressLine(now replication.Report) string {
	atLeast := ""
	if !now.Listed {
		atLeast = "at least "
	}
	line := fmt.Sprintf("Replicating: %d of %s%d blobs, %s of %s%s, %.0f blobs and %s a second",
		now.Copied, atLeast, now.Found, size(now.MovedBytes), atLeast, size(now.FoundBytes), now.BlobsPerSecond, size(int64(now.BytesPerSecond)))
	if now.Left > 0 {
		line += fmt.Sprintf(", %s%s left", atLeast, now.Left)
	}
	return line
}

func progressFields(now replication.Report) map[string]any {
	return map[string]any{
		"copied_blobs": now.Copied, "found_blobs": now.Found, "moved_bytes": now.MovedBytes, "found_bytes": now.FoundBytes, "compared_blobs": now.Seen,
		"active_blobs": now.Active, "listed": now.Listed, "streaming": now.Streaming,
		"blobs_per_second": now.BlobsPerSecond, "bytes_per_second": now.BytesPerSecond, "seconds": now.Elapsed.Seconds(), "seconds_left": now.Left.Seconds(),
	}
}

// size is a number of bytes as people read it.
func size(bytes int64) string {
	const step = 1024
	if bytes < step {
		return fmt.Sprintf("%d B", bytes)
	}
	value, unit := float64(bytes)/step, 0
	for units := "KMGTP"; value >= step && unit < len(units)-1; unit++ {
		value /= step
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTP"[unit])
}
