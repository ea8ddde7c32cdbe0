// Shows the citizen's whole name in large letters and asks whether it is right.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property ConfirmNameContent shown: view as ConfirmNameContent
    title: shown.title
    lead: shown.lead
    Card {
        width: parent.width
        height: Math.min(buttons.y - Theme.gap - y, name.implicitHeight + 2 * Theme.inset)
        y: Theme.wide ? 0 : Math.min(page.low, buttons.y - Theme.gap - name.implicitHeight - 2 * Theme.inset)
        Label {
            id: name
            anchors.centerIn: parent
            width: parent.width - 2 * Theme.inset
            horizontalAlignment: Text.AlignHCenter
            // A name of several parts is broken after the dot between two parts.
            text: whole.includes("·") ? whole.split("·").map(part => Array.from(part).join("\u2060")).join("\u2060·") : whole
            readonly property string whole: page.shown.name
            Accessible.name: whole
            font.pixelSize: Theme.big(64)
            font.bold: true
        }
    }
    Row {
        id: buttons
        width: parent.width
        y: parent.height - height
        spacing: Theme.gap
        PushButton {
            objectName: "no"
            width: (parent.width - Theme.gap) * 0.36
            text: page.shown.no
            onClicked: CurrentPage.answer("no")
        }
        PushButton {
            objectName: "yes"
            width: (parent.width - Theme.gap) * 0.64
            primary: true
            text: page.shown.yes
            onClicked: CurrentPage.answer("yes")
        }
    }
}
