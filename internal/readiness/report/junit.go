package report

import (
	"bytes"
	"encoding/xml"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/genomics-continuity/terraform-provider-genomics/internal/readiness"
)

// JUnit is a test suite with a case for each check. A check that fails is a
// failure, one that could not be made an error, and a rule that nothing asks for is
// skipped.
func JUnit(r readiness.Report) (string, error) {
	suite := junit.Testsuite{Name: "genomics readiness of " + plain(r.Pair), Time: "0"}
	suite.SetTimestamp(r.At)
	suite.AddProperty("verdict", string(r.Verdict))
	suite.AddProperty("active_region", r.Active.Location)
	suite.AddProperty("standby_region", r.Standby.Location)
	for _, c := range r.Checks {
		one := junit.Testcase{Name: plain(c.About()), Classname: "readiness." + c.Name, Time: "0"}
		result := &junit.Result{Message: plain(c.Message), Type: c.Name, Data: lines(c.Remedy)}
		switch c.Status {
		case readiness.Pass:
			one.SystemOut = &junit.Output{Data: plain(c.Message)}
		case readiness.Fail:
			one.Failure = result
		default:
			one.Error = result
		}
		suite.AddTestcase(one)
	}
	for _, rule := range r.NotAsked {
		suite.AddTestcase(junit.Testcase{Name: plain(rule), Classname: "readiness.not_asked", Time: "0", Skipped: &junit.Result{Message: "nothing asks for it"}})
	}
	suites := junit.Testsuites{Name: "genomics readiness"}
	suites.AddSuite(suite)
	out := bytes.NewBufferString(xml.Header)
	if err := suites.WriteXML(out); err != nil {
		return "", err
	}
	return out.String(), nil
}
