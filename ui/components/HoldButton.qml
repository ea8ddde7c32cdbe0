// The button that confirms: it fills while it is held for two seconds, and then answers once.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import Kiosk

T.Button {
    id: hold
    property string holding           // the words while it is held
    property bool fresh: false        // the finger on it came down at the step that is shown
    property bool held: down && fresh && !done
    property bool done: false
    property real filled: 0.0         // 0 to 1
    signal confirmed()

    enabled: !CurrentPage.busy
    implicitHeight: Theme.touch
    focusPolicy: Qt.TabFocus
    activeFocusOnTab: true
    Accessible.role: Accessible.Button
    Accessible.name: text
    onPressed: { fresh = true; filling.restart() }
    onDownChanged: {                  // also of a finger that slides off and on again
        if (down && fresh) { filling.restart() } else { filling.stop(); filled = 0.0 }
    }
    // A finger that slides off, or a page that changes, ends the hold.
    onCanceled: { filling.stop(); filled = 0.0 }
    onVisibleChanged: if (!visible) { filling.stop(); filled = 0.0 }

    NumberAnimation {
        id: filling
        target: hold
        property: "filled"
        from: 0.0
        to: 1.0
        duration: 2000
        onFinished: if (hold.down && !hold.done) { hold.done = true; hold.confirmed() }
    }
    background: Rectangle {
        radius: Theme.buttonRadius
        color: Theme.blue
        border.width: hold.activeFocus ? 7 : 0
        border.color: Theme.focus
        Rectangle {
            visible: hold.filled > 0
            width: Math.max(2 * radius, parent.width * hold.filled)
            height: parent.height
            radius: parent.radius
            color: Theme.bluePressed
        }
    }
    contentItem: Item {
        Label {
            anchors.centerIn: parent
            width: Math.min(implicitWidth, parent.width - 48)
            horizontalAlignment: Text.AlignHCenter
            text: hold.held ? hold.holding : hold.text
            color: Theme.white
            font.pixelSize: Theme.button
            font.bold: true
            lineHeight: 0.85
            Accessible.ignored: true
        }
    }
    Connections {
        target: CurrentPage
        function onBusyChanged() { if (!CurrentPage.busy) hold.done = false }
        function onPageShown() { hold.done = hold.fresh = false; filling.stop(); hold.filled = 0.0 }
    }
}
