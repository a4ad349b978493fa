package arm

import "github.com/google/uuid"

// begin starts a long-running operation on an account whose state is set
// already. The caller holds the lock.
func (s *Store) begin(a *Account, target string) string {
	op := &operation{
		ID: uuid.NewString(), Group: a.ResourceGroup, Account: a.Name,
		Target: target, PollsLeft: s.OperationPolls,
	}
	s.operations[op.ID] = op
	s.Log.Put(kindOperation, op.ID, op)
	return op.ID
}

// poll answers one question for an operation and reports whether it is done.
func (s *Store) poll(id string) (done, found bool) {
	s.mu.Lock()
	op, ok := s.operations[id]
	if !ok {
		s.mu.Unlock()
		return false, false
	}
	gone := s.advance(op)
	done = op.Done
	s.mu.Unlock()
	s.tell(gone)
	return done, true
}

// touch advances whatever operation an account is in: a client that lost the
// operation's address sees its end by reading the account.
func (s *Store) touch(group, name string) {
	s.mu.Lock()
	var gone *Account
	for _, op := range s.operations {
		if !op.Done && fold(op.Group, op.Account) == fold(group, name) {
			gone = s.advance(op)
			break
		}
	}
	s.mu.Unlock()
	s.tell(gone)
}

// advance counts one poll and completes the operation when it was the last;
// it returns an account that went away with it. The caller holds the lock.
func (s *Store) advance(op *operation) (gone *Account) {
	if op.Done {
		return nil
	}
	if op.PollsLeft > 0 {
		op.PollsLeft--
		s.Log.Put(kindOperation, op.ID, op)
		return nil
	}
	op.Done = true
	s.Log.Put(kindOperation, op.ID, op)
	key := fold(op.Group, op.Account)
	a, ok := s.accounts[key]
	switch {
	case !ok:
	case op.Target == "":
		delete(s.accounts, key)
		s.Log.Delete(kindAccount, key)
		gone = a
	default:
		a.State = op.Target
		s.Log.Put(kindAccount, key, a)
	}
	return gone
}

func (s *Store) tell(gone *Account) {
	if gone != nil && s.OnDelete != nil {
		s.OnDelete(*gone)
	}
}
